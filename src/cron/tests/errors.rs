//! Every message, whole: which field, what is wrong, what would be right.

use super::super::{Expression, parse_zone};

const REJECTED: &[(&str, &str)] = &[
    (
        "",
        "the expression is empty; `15 3 * * *` is every day at 03:15",
    ),
    (
        " \t",
        "the expression is empty; `15 3 * * *` is every day at 03:15",
    ),
    (
        "0 3 * *",
        "4 fields where five (minute, hour, day of month, month, day of week) or six (second first) belong",
    ),
    (
        "0 0 3 * * * 2026",
        "7 fields where five (minute, hour, day of month, month, day of week) or six (second first) belong",
    ),
    (
        "@reboot",
        "`@reboot` is not a time: a restart is no reason to train; start a run by hand, or write `@daily`",
    ),
    (
        "@often",
        "`@often` is none of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly",
    ),
    ("60 * * * *", "minute: `60` is not between 0 and 59"),
    ("0 24 * * *", "hour: `24` is not between 0 and 23"),
    ("0 0 0 * *", "day of month: `0` is not between 1 and 31"),
    ("0 0 * 13 *", "month: `13` is not between 1 and 12"),
    ("0 0 * * 8", "day of week: `8` is not between 0 and 7"),
    ("61 0 0 * * *", "second: `61` is not between 0 and 59"),
    (
        "99999999999 * * * *",
        "minute: `99999999999` is not between 0 and 59",
    ),
    (
        "x * * * *",
        "minute: `x` is not a value; write 0 to 59, `*`, `a-b`, `*/n` or a list of these",
    ),
    (
        "0 0 * MAI *",
        "month: `MAI` is not a value; write 1 to 12 or JAN to DEC, `*`, `a-b`, `*/n` or a list of these",
    ),
    (
        "0 -5 * * *",
        "hour: `` is not a value; write 0 to 23, `*`, `a-b`, `*/n` or a list of these",
    ),
    (
        "+5 * * * *",
        "minute: `+5` is not a value; write 0 to 59, `*`, `a-b`, `*/n` or a list of these",
    ),
    ("0 0 * * Monday", "day of week: `Monday` is written `MON`"),
    ("0 0 * january *", "month: `january` is written `JAN`"),
    (
        "1,,2 * * * *",
        "minute: a part of the list is empty; write values with one comma between them",
    ),
    (
        "0 22-5 * * *",
        "hour: `22-5` ends before it begins; write `22-23,0-5`",
    ),
    (
        "0 0 * * FRI-MON",
        "day of week: `FRI-MON` ends before it begins; write `5-6,0-1`",
    ),
    (
        "0 0 * * 7-2",
        "day of week: `7-2` ends before it begins; write `0-2`",
    ),
    (
        "0 0 * NOV-JAN *",
        "month: `NOV-JAN` ends before it begins; write `11-12,1`",
    ),
    (
        "*/0 * * * *",
        "minute: the step `0` is not between 1 and 59; a step starts again with each hour",
    ),
    (
        "*/90 * * * *",
        "minute: the step `90` is not between 1 and 59; a step starts again with each hour",
    ),
    (
        "0 */x * * *",
        "hour: the step `x` is not between 1 and 23; a step starts again with each day",
    ),
    (
        "0 0 ? * *",
        "day of month: `?` is not part of cron's own language here; write `*`",
    ),
    (
        "0 0 L * *",
        "day of month: `L` is not part of cron's own language here; the last day of a month cannot be said",
    ),
    (
        "0 0 15W * *",
        "day of month: `W` is not part of cron's own language here; the nearest working day cannot be said",
    ),
    (
        "0 0 * * MON#2",
        "day of week: `#` is not part of cron's own language here; the n-th weekday of a month cannot be said",
    ),
    (
        "H 3 * * *",
        "minute: `H` is not part of cron's own language here; set the schedule's jitter",
    ),
    (
        "0 0 30 2 *",
        "`0 0 30 2 *` never fires: no month in it has such a day",
    ),
    (
        "0 0 31 APR,JUN *",
        "`0 0 31 4,6 *` never fires: no month in it has such a day",
    ),
];

#[test]
fn what_is_rejected_says_where_what_and_what_instead() {
    for (text, message) in REJECTED {
        match Expression::parse(text) {
            Ok(read) => panic!("`{text}` was taken for `{read}`"),
            Err(error) => assert_eq!(error.to_string(), *message, "`{text}`"),
        }
    }
}

#[test]
fn a_zone_that_is_none_is_told_with_the_nearest() {
    assert!(parse_zone("Europe/Berlin").is_ok());
    let cases = [
        (
            "Berlin",
            "`Berlin` is not an IANA time zone; did you mean `Europe/Berlin`?",
        ),
        (
            "europe/berlin",
            "`europe/berlin` is not an IANA time zone; did you mean `Europe/Berlin`?",
        ),
        (
            "new york",
            "`new york` is not an IANA time zone; did you mean `America/New_York`?",
        ),
        (
            "+02:00",
            "`+02:00` is not an IANA time zone; write one like `Europe/Berlin` or `UTC`",
        ),
        (
            "",
            "`` is not an IANA time zone; write one like `Europe/Berlin` or `UTC`",
        ),
    ];
    for (name, message) in cases {
        let error = parse_zone(name).expect_err("no zone");
        assert_eq!(error.to_string(), message);
    }
}
