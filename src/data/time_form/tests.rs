//! Forms of times, found on whole columns and read cell by cell.

use polars::prelude::Column;

use super::*;

fn looked_at(cells: &[&str], settings: &TimeSettings) -> TimeColumn {
    let column = Column::new("t".into(), cells);
    time_column(&column, 0..cells.len() as u32, settings)
}

fn form(cells: &[&str]) -> (Vec<String>, u64, u64) {
    match looked_at(cells, &TimeSettings::default()) {
        TimeColumn::Times { form, read, of } => (form.formats, read, of),
        other => panic!("{cells:?}: {other:?}"),
    }
}

#[test]
fn the_form_of_texts_is_found_on_the_whole_column() {
    for (cells, expected) in [
        (["2025-01-31", "2025-02-01", "2025-02-02"], ""),
        (["31.01.2025", "01.02.2025", "02.02.2025"], "%d.%m.%Y"),
        (["1.2.2025", "2.2.2025", "3.2.2025"], "%d.%m.%Y"),
        (["31.01.25", "01.02.25", "02.02.25"], "%d.%m.%y"),
        (["01/02/2025", "02/02/2025", "13/02/2025"], "%d/%m/%Y"),
        (["01/02/2025", "02/02/2025", "02/13/2025"], "%m/%d/%Y"),
        (["2025/01/31", "2025/02/01", "2025/02/02"], "%Y/%m/%d"),
        (["31 Jan 2025", "1 Feb 2025", "2 February 2025"], "%d %B %Y"),
        (["31-JAN-25", "01-FEB-25", "02-FEB-25"], "%d-%B-%y"),
        (["31-OCT-25", "01-AUG-25", "02-SEP-25"], "%d-%B-%y"),
        (
            ["31-OCT-25 07:50", "01-AUG-25 23:59", "02-FEB-25 00:00"],
            "%d-%B-%y %H:%M",
        ),
        (
            [
                "31-JAN-25 07.50.03.000000 PM",
                "01-OCT-25 01.00.00.000000 AM",
                "02-FEB-25 12.00.00.000000 AM",
            ],
            "%d-%B-%y %I.%M.%S%.f %p",
        ),
        (
            [
                "2025-01-31 07:50:03 UTC",
                "2025-02-01 00:00:00 UTC",
                "2025-02-02 23:59:59.5 UTC",
            ],
            "%Y-%m-%d %H:%M:%S%.f UTC",
        ),
        (["Jan 31, 2025", "Feb 1, 2025", "Feb 2, 2025"], "%B %d, %Y"),
        (["20250131", "20250201", "20250202"], "%Y%m%d"),
        (
            ["31.01.2025 07:50", "01.02.2025 23:59", "02.02.2025 00:00"],
            "%d.%m.%Y %H:%M",
        ),
        (
            ["1/31/2025 7:50 PM", "2/1/2025 11:59 AM", "2/2/2025 1:00 AM"],
            "%m/%d/%Y %I:%M %p",
        ),
        (
            ["20250131T075000", "20250201T235900", "20250202T000000"],
            "%Y%m%dT%H%M%S",
        ),
    ] {
        let (formats, read, of) = form(&cells);
        assert_eq!(
            (formats.join(" "), read, of),
            (expected.to_string(), 3, 3),
            "{cells:?}"
        );
    }
}

#[test]
fn a_form_reads_the_instant_that_is_written() {
    let form = |format: &str| TimeForm {
        formats: vec![format.to_string()],
        unit: EpochUnit::Seconds,
    };
    let day = 20_119 * 86_400_000_000;
    assert_eq!(form("%d.%m.%Y").text("31.01.2025"), Some(day));
    assert_eq!(form("%d.%m.%Y").text(" 31.1.2025 "), Some(day));
    assert_eq!(form("%d.%m.%Y").text("2025-01-31"), Some(day));
    assert_eq!(form("%d.%m.%Y").text("31.01.25"), None);
    assert_eq!(form("%d.%m.%Y").text("29.02.2025"), None);
    assert_eq!(
        form("%m/%d/%Y %I:%M %p").text("1/31/2025 7:50 PM"),
        Some(day + (19 * 60 + 50) * 60_000_000)
    );
    assert_eq!(
        form("%d.%m.%Y %H:%M:%S%.f %z").text("31.01.2025 01:00:00 +0100"),
        Some(day)
    );
    assert_eq!(TimeForm::default().text("31.01.2025"), None);
}

#[test]
fn what_reads_both_ways_is_ambiguous_unless_the_settings_say() {
    let cells = ["01/02/2025", "03/04/2025", "11/12/2025"];
    assert_eq!(
        looked_at(&cells, &TimeSettings::default()),
        TimeColumn::Ambiguous {
            forms: ["%d/%m/%Y".to_string(), "%m/%d/%Y".to_string()],
            read: 3,
            of: 3
        }
    );
    let settings = TimeSettings {
        formats: vec!["%m/%d/%Y".to_string()],
        unit: None,
    };
    let TimeColumn::Times {
        form,
        read: 3,
        of: 3,
    } = looked_at(&cells, &settings)
    else {
        panic!("times");
    };
    assert_eq!(form.text(cells[0]), TimeForm::default().text("2025-01-02"));
    // Where both orders come to the same days there is nothing to ask.
    assert!(matches!(
        looked_at(&["05/05/2025", "06/06/2025"], &TimeSettings::default()),
        TimeColumn::Times { read: 2, .. }
    ));
}

#[test]
fn texts_that_are_no_times_are_counted_or_none() {
    assert_eq!(
        form(&["31.01.2025", "-", "01.02.2025"]),
        (vec!["%d.%m.%Y".to_string()], 2, 3)
    );
    assert_eq!(form(&["2025-01-31", "soon"]), (vec![], 1, 2));
    for cells in [
        ["red", "green"],
        ["1.2.3", "10.2.3"],
        ["2025", "2026"],
        ["A-100-2025", "B-200-2025"],
        ["12:30", "13:45"],
    ] {
        assert_eq!(
            looked_at(&cells, &TimeSettings::default()),
            TimeColumn::Not,
            "{cells:?}"
        );
    }
    assert_eq!(looked_at(&[], &TimeSettings::default()), TimeColumn::Not);
}

#[test]
fn plausible_years_decide_the_unit_of_numbers() {
    let day = 20_089 * 86_400_000_000_i64; // 2025-01-01
    for (first, second, unit) in [
        (1_735_689_600_i64, 1_735_776_000_i64, EpochUnit::Seconds),
        (
            1_735_689_600_000,
            1_735_776_000_000,
            EpochUnit::Milliseconds,
        ),
        (
            1_735_689_600_000_000,
            1_735_776_000_000_000,
            EpochUnit::Microseconds,
        ),
        (
            1_735_689_600_000_000_000,
            1_735_776_000_000_000_000,
            EpochUnit::Nanoseconds,
        ),
        (20_250_101, 20_250_102, EpochUnit::Yyyymmdd),
        (45_658, 45_659, EpochUnit::Spreadsheet),
    ] {
        let column = Column::new("t".into(), [first, second]);
        let found = time_column(&column, 0..2, &TimeSettings::default());
        let TimeColumn::Times {
            form,
            read: 2,
            of: 2,
        } = found
        else {
            panic!("{unit:?}: {found:?}");
        };
        assert_eq!(form.unit, unit);
        assert_eq!(
            form.times(&column),
            [Some(day), Some(day + 86_400_000_000)],
            "{unit:?}"
        );
    }
    let column = Column::new("t".into(), [45_658.25, 45_659.5]);
    let TimeColumn::Times { form, .. } = time_column(&column, 0..2, &TimeSettings::default())
    else {
        panic!("times");
    };
    assert_eq!(form.times(&column)[0], Some(day + 6 * 3_600_000_000));
}

#[test]
fn no_unit_is_guessed_for_small_numbers_or_a_mixture() {
    for cells in [
        vec![1_i64, 2, 3],
        vec![20_089, 1_735_689_600],
        vec![20_251_301, 20_250_199],
    ] {
        let column = Column::new("t".into(), &cells);
        let rows = 0..cells.len() as u32;
        assert_eq!(
            time_column(&column, rows.clone(), &TimeSettings::default()),
            TimeColumn::UnknownUnit,
            "{cells:?}"
        );
        let settings = TimeSettings {
            formats: Vec::new(),
            unit: Some(EpochUnit::Days),
        };
        assert!(matches!(
            time_column(&column, rows, &settings),
            TimeColumn::Times { .. }
        ));
    }
    assert_eq!(EpochUnit::Yyyymmdd.integer(20_250_230), None);
    assert_eq!(EpochUnit::Seconds.integer(i64::MAX), None);
    assert_eq!(EpochUnit::Seconds.number(1e300), None);
}

#[test]
fn a_format_must_hold_a_day() {
    for format in [
        "%d.%m.%Y",
        "%m/%d/%y %H:%M",
        "%Y%m%d",
        "%d %B %Y",
        "%Y-%m-%dT%H:%M:%S%z",
    ] {
        assert!(is_time_format(format), "{format}");
    }
    for format in ["", "dd.mm.yyyy", "%H:%M", "%d.%m", "%Q", "%m/%Y"] {
        assert!(!is_time_format(format), "{format}");
    }
}
