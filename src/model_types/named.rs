//! Enums whose values have one name each, the same in databases, JSON and on the command line.

/// A text that is not a name of the enum that was requested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct Unnamed {
    /// The text.
    pub text: String,
    /// What it was to be.
    pub what: &'static str,
}

/// Makes an enum with `ALL`, `name`, `Display`, `FromStr` and serde by its names. rustfmt leaves it alone.
macro_rules! named {
    ($(#[$about:meta])* pub enum $name:ident: $what:literal { $($(#[$doc:meta])* $value:ident = $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $value,)*
        }

        impl $name {
            /// All of them, in the order of the declaration.
            pub const ALL: &'static [$name] = &[$($name::$value,)*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$value => $text,)*
                }
            }
        }

        impl $name {
            /// Its name with spaces between the words, for people.
            pub fn words(self) -> String {
                self.name().replace('_', " ")
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::model_types::Unnamed;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = $name::ALL.iter().find(|it| it.name() == text);
                found.copied().ok_or_else(|| crate::model_types::Unnamed {
                    text: text.to_string(),
                    what: $what,
                })
            }
        }
    };
}
pub(crate) use named;
