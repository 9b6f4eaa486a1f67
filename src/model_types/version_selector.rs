//! Which version is meant: the one reader of `3`, `v3`, `champion` and `latest`.

use std::fmt;
use std::str::FromStr;

use super::VersionNumber;

/// Which version is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionSelector {
    /// The one in production.
    Champion,
    /// The newest whose bundle is whole.
    Latest,
    /// By its number.
    Number(VersionNumber),
}

/// A text that names no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a number, `v` and a number, `champion` or `latest`")]
pub struct NotAVersion;

impl FromStr for VersionSelector {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        match text {
            "champion" => Ok(VersionSelector::Champion),
            "latest" => Ok(VersionSelector::Latest),
            text => {
                let digits = text.strip_prefix('v').unwrap_or(text);
                let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
                let number = digits.parse().ok().filter(|_| is_number);
                number.map(VersionSelector::Number).ok_or(NotAVersion)
            }
        }
    }
}

impl fmt::Display for VersionSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VersionSelector::Champion => f.write_str("champion"),
            VersionSelector::Latest => f.write_str("latest"),
            VersionSelector::Number(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_in_four_ways_and_no_other() {
        let read = |text: &str| text.parse::<VersionSelector>();
        assert_eq!(
            read("3"),
            Ok(VersionSelector::Number(VersionNumber::new(3)))
        );
        assert_eq!(
            read("v12"),
            Ok(VersionSelector::Number(VersionNumber::new(12)))
        );
        assert_eq!(read("champion"), Ok(VersionSelector::Champion));
        assert_eq!(read("latest"), Ok(VersionSelector::Latest));
        for bad in [
            "",
            "v",
            "vv3",
            "v-3",
            "-3",
            "+3",
            " 3",
            "3.0",
            "Champion",
            "9223372036854775808",
        ] {
            assert_eq!(read(bad), Err(NotAVersion), "{bad}");
        }
        for text in ["champion", "latest", "7"] {
            assert_eq!(read(text).expect("one").to_string(), text);
        }
    }
}
