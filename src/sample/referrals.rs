//! A referral database: clients of an aid organisation, what they were referred for, what they were granted, over five years.
//!
//! Who comes again, and how soon, follows from what they are referred for, how they live and what they were granted before,
//! so that there is something to learn; none of it is about anybody.

use std::fmt::Write as _;

use chrono::{Days, NaiveDate};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{SampleFile, logistic, normal, stream, uniform};

/// Days from the first to the last that a referral may be of: 2021 to 2025.
const SPAN: i64 = 1826;
/// One client to test on for so many to learn from.
const PER_TEST_CLIENT: u32 = 4;
/// Where the referrals of each year stand.
const YEARS: [(i32, &str); 5] = [
    (2021, "sourcedata/referral/2021.csv"),
    (2022, "sourcedata/referral/2022.csv"),
    (2023, "sourcedata/referral/2023.csv"),
    (2024, "sourcedata/referral/2024.csv"),
    (2025, "sourcedata/referral/2025.csv"),
];
/// What clients are referred for, and what each adds to the log-odds of coming again within weeks.
const ISSUES: [f64; 10] = [-0.9, -0.6, -0.4, -0.2, 0.0, 0.1, 0.3, 0.6, 1.0, 1.5];
/// How clients live, and what that adds to the log-odds of coming again after a pause.
const ADDRESSES: [(&str, f64); 5] = [
    ("private rented", -0.3),
    ("council", -0.8),
    ("family", 0.0),
    ("hostel", 0.9),
    ("no fixed abode", 1.5),
];
const BENEFITS: [&str; 4] = ["housing", "disability", "child", "universal"];
/// Log-odds that each grant takes away.
const PER_GRANT: f64 = 0.7;

/// The settings under which the files become one data set.
pub fn related() -> Value {
    json!({
        "base": "referral",
        "key": "referralinstanceid",
        "entity": "clientid",
        "time": "referraltakendate",
        "tables": {
            "client": {
                "on": "clientid",
                "relation": "many_to_one",
                "columns": ["clientismale", "clientcountryid", "addresstype"],
                "days_since": ["clientdateofbirth", "addresssincedate"],
            },
            "referralissue": {
                "on": "referralinstanceid",
                "relation": "one_to_many",
                "count_by": ["clientissueid"],
            },
            "clientbenefit": {
                "on": "clientid",
                "relation": "one_to_many",
                "time": "grantedon",
                "any": ["benefittype"],
                "last": ["benefittype"],
            },
        },
        "history": {"break_days": 28, "weeks": [1, 4, 12]},
        "future": {"window_days": 365, "break_days": 28, "coefficient": 1.0},
    })
}

/// Generates the tables of so many clients in CSV files, and those of a quarter as many others in one JSON file to test on.
///
/// Use of the generator, seeded with `seed`: stream 1 draws the clients to learn from, stream 2 those to test on.
pub fn referrals(clients: u32, seed: u64) -> Vec<SampleFile> {
    let mut learn = Tables::default();
    let mut rng = stream(seed, 1);
    (0..clients).for_each(|_| learn.add_client(&mut rng));
    let mut test = Tables {
        first_client: i64::from(clients),
        first_referral: learn.referrals.len() as i64,
        ..Tables::default()
    };
    let mut rng = stream(seed, 2);
    (0..clients.div_ceil(PER_TEST_CLIENT)).for_each(|_| test.add_client(&mut rng));

    let mut files: Vec<SampleFile> = YEARS
        .iter()
        .map(|(year, path)| {
            let from = format!("{year}-");
            let mut rows = learn.referrals.iter();
            let rows: Vec<_> = rows
                .by_ref()
                .filter(|it| it.taken.starts_with(&from))
                .collect();
            SampleFile {
                path,
                contents: referral_csv(&rows),
            }
        })
        .collect();
    for (path, contents) in [
        ("sourcedata/client.csv", client_csv(&learn)),
        ("sourcedata/referralissue.csv", issue_csv(&learn)),
        ("sourcedata/clientbenefit.csv", benefit_csv(&learn)),
        ("testdata/tables.json", test.json()),
    ] {
        files.push(SampleFile { path, contents });
    }
    files
}

#[derive(Default)]
struct Tables {
    /// Ids continue from here.
    first_client: i64,
    first_referral: i64,
    clients: Vec<Client>,
    referrals: Vec<Referral>,
    /// Referral and issue.
    issues: Vec<(i64, usize)>,
    /// Client, benefit and date.
    benefits: Vec<(i64, &'static str, String)>,
}

struct Client {
    id: i64,
    is_male: bool,
    country: i64,
    address: &'static str,
    born: String,
    since: String,
}

struct Referral {
    id: i64,
    client: i64,
    taken: String,
    agency: i64,
    dependants: i64,
}

impl Tables {
    /// One client from the first referral to the last.
    fn add_client(&mut self, rng: &mut ChaCha8Rng) {
        let id = self.first_client + self.clients.len() as i64 + 1;
        let (address, lives) = ADDRESSES[whole(rng, ADDRESSES.len() as u64) as usize];
        let mut day = whole(rng, SPAN as u64 - 60);
        let born = day - 7000 - whole(rng, 18000);
        let since = day - whole(rng, 3000);
        self.clients.push(Client {
            id,
            is_male: uniform(rng) < 0.5,
            country: 1 + whole(rng, 6),
            address,
            born: date(born),
            since: date(since),
        });
        let dependants = whole(rng, 5);
        let (mut grants, mut next_grant) = (0.0, SPAN);
        // What is not in the data.
        let unseen = 0.2 * normal(rng);
        // What this client is referred for each time, and other things beside it.
        let main = whole(rng, ISSUES.len() as u64) as usize;
        while day < SPAN {
            let referral = self.first_referral + self.referrals.len() as i64 + 1;
            self.referrals.push(Referral {
                id: referral,
                client: id,
                taken: date(day),
                agency: 1 + whole(rng, 8),
                dependants,
            });
            let mut need = 0.6 * lives + 1.5 * ISSUES[main] + unseen - PER_GRANT * grants;
            let mut of_this = vec![main];
            for _ in 0..whole(rng, 3) {
                let issue = whole(rng, ISSUES.len() as u64) as usize;
                if !of_this.contains(&issue) {
                    of_this.push(issue);
                    need += 0.3 * ISSUES[issue];
                }
            }
            let numbered = of_this.into_iter().map(|issue| (referral, issue + 1));
            self.issues.extend(numbered);
            if grants < 3.0 && next_grant >= SPAN && uniform(rng) < 0.35 {
                next_grant = day + 5 + whole(rng, 50);
                let benefit = BENEFITS[whole(rng, BENEFITS.len() as u64) as usize];
                if next_grant < SPAN {
                    self.benefits.push((id, benefit, date(next_grant)));
                }
            }
            // Again within weeks, or after a pause, or never.
            day += if uniform(rng) < logistic(need) {
                2 + whole(rng, 22)
            } else if uniform(rng) < logistic(0.8 * lives - 0.9 + unseen) {
                40 + whole(rng, 300)
            } else {
                SPAN
            };
            if day >= next_grant {
                grants += 1.0;
                next_grant = SPAN;
            }
        }
    }

    /// All tables as one JSON object.
    fn json(&self) -> Vec<u8> {
        let referrals = self.referrals.iter().map(|it| {
            json!({
                "referralinstanceid": it.id, "clientid": it.client, "referraltakendate": it.taken,
                "referralagencyid": it.agency, "dependants": it.dependants,
            })
        });
        let clients = self.clients.iter().map(|it| {
            json!({
                "clientid": it.id, "clientismale": i64::from(it.is_male), "clientcountryid": it.country,
                "addresstype": it.address, "clientdateofbirth": it.born, "addresssincedate": it.since,
            })
        });
        let issues = self.issues.iter();
        let issues =
            issues.map(|(id, issue)| json!({"referralinstanceid": id, "clientissueid": issue}));
        let benefits = self.benefits.iter();
        let benefits = benefits.map(|(client, benefit, on)| {
            json!({"clientid": client, "benefittype": benefit, "grantedon": on})
        });
        let tables = json!({
            "referral": referrals.collect::<Value>(),
            "client": clients.collect::<Value>(),
            "referralissue": issues.collect::<Value>(),
            "clientbenefit": benefits.collect::<Value>(),
        });
        let mut bytes = tables.to_string().into_bytes();
        bytes.push(b'\n');
        bytes
    }
}

fn referral_csv(rows: &[&Referral]) -> Vec<u8> {
    let mut text =
        "referralinstanceid,clientid,referraltakendate,referralagencyid,dependants\n".to_string();
    for it in rows {
        let (id, client, taken) = (it.id, it.client, &it.taken);
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "{id},{client},{taken},{},{}",
            it.agency, it.dependants
        );
    }
    text.into_bytes()
}

fn client_csv(tables: &Tables) -> Vec<u8> {
    let mut text =
        "clientid,clientismale,clientcountryid,addresstype,clientdateofbirth,addresssincedate\n"
            .to_string();
    for it in &tables.clients {
        let (id, is_male, country) = (it.id, i64::from(it.is_male), it.country);
        let (address, born, since) = (it.address, &it.born, &it.since);
        let _ = writeln!(text, "{id},{is_male},{country},{address},{born},{since}");
    }
    text.into_bytes()
}

fn issue_csv(tables: &Tables) -> Vec<u8> {
    let mut text = "referralinstanceid,clientissueid\n".to_string();
    for (referral, issue) in &tables.issues {
        let _ = writeln!(text, "{referral},{issue}");
    }
    text.into_bytes()
}

fn benefit_csv(tables: &Tables) -> Vec<u8> {
    let mut text = "clientid,benefittype,grantedon\n".to_string();
    for (client, benefit, on) in &tables.benefits {
        let _ = writeln!(text, "{client},{benefit},{on}");
    }
    text.into_bytes()
}

/// Draws from 0 to `n` − 1.
fn whole(rng: &mut ChaCha8Rng, n: u64) -> i64 {
    (uniform(rng) * n as f64) as i64
}

/// A day counted from 2021-01-01 as a date.
fn date(day: i64) -> String {
    let first = NaiveDate::from_ymd_opt(2021, 1, 1).unwrap_or_default();
    let days = Days::new(day.unsigned_abs());
    let date = if day < 0 {
        first.checked_sub_days(days)
    } else {
        first.checked_add_days(days)
    };
    date.unwrap_or(first).to_string()
}
