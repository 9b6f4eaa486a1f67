//! What is said of a load: rate, times, failures, and which budget was missed.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::load::Answers;

/// What a server is held to.
pub struct Budget {
    /// Most milliseconds at the 99th percentile.
    pub p99_ms: Option<f64>,
    /// Most requests that were not answered with 200.
    pub failed: u64,
}

/// How a server answered. Times are in milliseconds, of answers with 200.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The server.
    pub url: String,
    /// Users at once.
    pub users: u64,
    /// How long it continued.
    pub seconds: f64,
    /// Requests, whatever became of them.
    pub requests: u64,
    /// Answers with 200 a second.
    pub per_second: f64,
    /// Percentiles (nearest rank) and the longest; none without an answer.
    pub times_ms: Option<Times>,
    /// How many were not answered with 200.
    pub failed: u64,
    /// What came instead, and how often.
    pub failures: BTreeMap<String, u64>,
    /// Which budgets were missed, in words.
    pub missed: Vec<String>,
}

/// Milliseconds.
#[derive(Debug, Serialize, PartialEq)]
pub struct Times {
    /// Half of the answers took no longer.
    pub p50: f64,
    /// 95 % took no longer.
    pub p95: f64,
    /// 99 % took no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Times {
    fn of(micros: &[u32]) -> Option<Self> {
        let mut sorted = micros.to_vec();
        sorted.sort_unstable();
        let last = *sorted.last()?;
        // The smallest value that a share of all is not above.
        let at = |share: f64| {
            let rank = (share * sorted.len() as f64).ceil() as usize;
            f64::from(sorted[rank.clamp(1, sorted.len()) - 1]) / 1e3
        };
        Some(Times {
            p50: at(0.50),
            p95: at(0.95),
            p99: at(0.99),
            max: f64::from(last) / 1e3,
        })
    }
}

impl Report {
    /// The report of a load.
    pub fn of(url: &str, users: u64, answers: &Answers, budget: &Budget) -> Self {
        let good = answers.micros.len() as u64;
        let failed = answers.others.values().sum::<u64>();
        let times_ms = Times::of(&answers.micros);
        let mut missed = Vec::new();
        if failed > budget.failed {
            let most = budget.failed;
            missed.push(format!(
                "{failed} requests were not answered with 200; the budget is {most}"
            ));
        }
        match (&times_ms, budget.p99_ms) {
            (Some(times), Some(most)) if times.p99 > most => missed.push(format!(
                "p99 is {:.1} ms; the budget is {most} ms",
                times.p99
            )),
            (None, _) => missed.push("no request was answered with 200".to_string()),
            _ => {}
        }
        Report {
            url: url.to_string(),
            users,
            seconds: answers.seconds,
            requests: good + failed,
            per_second: good as f64 / answers.seconds.max(1e-9),
            times_ms,
            failed,
            failures: answers.others.clone(),
            missed,
        }
    }

    /// Name and figure a row.
    pub fn table(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            ("requests", self.requests.to_string()),
            ("answered a second", format!("{:.0}", self.per_second)),
        ];
        if let Some(times) = &self.times_ms {
            rows.extend([
                ("p50 ms", format!("{:.2}", times.p50)),
                ("p95 ms", format!("{:.2}", times.p95)),
                ("p99 ms", format!("{:.2}", times.p99)),
                ("longest ms", format!("{:.2}", times.max)),
            ]);
        }
        rows.push(("failed", self.failed.to_string()));
        let failures = self.failures.iter();
        let failures = failures.map(|(what, times)| (what.as_str(), times.to_string()));
        let rows = rows.into_iter().chain(failures);
        rows.map(|(name, figure)| vec![name.to_string(), figure])
            .collect()
    }

    /// The same as a page.
    pub fn markdown(&self) -> String {
        let mut page = format!(
            "# Load on {}\n\n{} users for {:.0} s, one row a request.\n\n| | |\n|---|---|\n",
            self.url, self.users, self.seconds
        );
        for row in self.table() {
            // Writing to a text cannot fail.
            let _ = writeln!(page, "| {} | {} |", row[0].replace('|', "\\|"), row[1]);
        }
        let verdict = if self.missed.is_empty() {
            "Within the budget.".to_string()
        } else {
            format!("**Budget missed**: {}.", self.missed.join("; "))
        };
        let _ = writeln!(page, "\n{verdict}");
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(micros: Vec<u32>, others: &[(&str, u64)]) -> Answers {
        Answers {
            micros,
            others: others.iter().map(|(k, n)| (k.to_string(), *n)).collect(),
            seconds: 2.0,
        }
    }

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let times = Times::of(&(1..=200).map(|at| at * 1000).collect::<Vec<_>>());
        let expected = Times {
            p50: 100.0,
            p95: 190.0,
            p99: 198.0,
            max: 200.0,
        };
        assert_eq!(times, Some(expected));
        assert_eq!(Times::of(&[]), None);
    }

    #[test]
    fn a_missed_budget_is_said_with_both_figures() {
        let budget = Budget {
            p99_ms: Some(5.0),
            failed: 1,
        };
        let report = Report::of("u", 3, &answers(vec![9000; 10], &[("503", 2)]), &budget);
        assert_eq!(
            report.missed,
            [
                "2 requests were not answered with 200; the budget is 1",
                "p99 is 9.0 ms; the budget is 5 ms"
            ]
        );
        assert_eq!((report.requests, report.per_second), (12, 5.0));
        assert!(report.markdown().contains("**Budget missed**"));
    }

    #[test]
    fn a_load_without_an_answer_is_never_within_the_budget() {
        let budget = Budget {
            p99_ms: None,
            failed: 10,
        };
        let report = Report::of("u", 1, &answers(Vec::new(), &[("refused", 3)]), &budget);
        assert_eq!(report.missed, ["no request was answered with 200"]);
    }
}
