//! The ranking of the test rows as a report takes it.

use crate::live::ranking::First;
use crate::pipeline::scores::{Ranking, SideRanking};
use crate::report::RankingFacts;

/// Facts of a ranking.
pub fn facts(ranking: &Ranking) -> RankingFacts {
    let both = |of: &dyn Fn(&SideRanking) -> Option<String>| -> (String, String) {
        let none = || "–".to_string();
        let champion = ranking.champion.as_ref();
        (
            of(&ranking.challenger).unwrap_or_else(none),
            champion.and_then(of).unwrap_or_else(none),
        )
    };
    let worst = both(&|side| side.worst_10.map(|value| format!("{value:.4}")));
    let flagged = both(&|side| {
        let flagged = side.flagged.as_ref()?;
        let share = 100.0 * flagged.share;
        Some(format!("{} ({share:.1} %)", flagged.rows))
    });
    let has_flags = ranking.challenger.flagged.is_some()
        || ranking
            .champion
            .as_ref()
            .is_some_and(|it| it.flagged.is_some());
    let mut sides = vec![(
        "Truly worst 10 % that are among the worst 10 % by prediction".to_string(),
        worst.0,
        worst.1,
    )];
    if has_flags {
        sides.push((
            "Test rows that are flagged".to_string(),
            flagged.0,
            flagged.1,
        ));
    }
    let agreement = ranking.agreement.as_ref().map_or(Vec::new(), |alike| {
        vec![
            (
                "Spearman correlation of the predictions".to_string(),
                alike.spearman,
            ),
            ("Overlap of the worst 10 %".to_string(), alike.worst_10),
            ("Overlap of the worst 20 %".to_string(), alike.worst_20),
        ]
    });
    let weeks = ranking.weeks.iter();
    RankingFacts {
        first: match ranking.first {
            First::Largest => "largest",
            First::Smallest => "smallest",
        },
        sides,
        agreement,
        weeks: weeks
            .map(|week| {
                let day = week.from.split('T').next().unwrap_or_default();
                (day.to_string(), week.rows, week.challenger, week.champion)
            })
            .collect(),
    }
}
