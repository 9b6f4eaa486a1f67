//! The closed set of functions, by name and number of arguments.

/// A function of one row's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Abs,
    Acos,
    Asin,
    Atan,
    Atan2,
    Cbrt,
    Ceil,
    Coalesce,
    Concat,
    ConcatWith,
    Cos,
    DatePart,
    Degrees,
    Div,
    EndsWith,
    Exp,
    Floor,
    Greatest,
    If,
    IfNull,
    Least,
    Left,
    Length,
    Ln,
    Log,
    Log10,
    Log1p,
    Log2,
    Lower,
    Ltrim,
    Mod,
    NullIf,
    Pi,
    Position,
    Pow,
    Radians,
    RegexpLike,
    Replace,
    Reverse,
    Right,
    Round,
    Rtrim,
    Sign,
    Sin,
    SplitPart,
    Sqrt,
    StartsWith,
    Strftime,
    Strpos,
    Substr,
    Tan,
    Trim,
    Trunc,
    Upper,
}

/// Names, and the least and most arguments. A function with several names stands once for each, the usual one first.
const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("abs", Function::Abs, 1, 1),
    ("acos", Function::Acos, 1, 1),
    ("asin", Function::Asin, 1, 1),
    ("atan", Function::Atan, 1, 1),
    ("atan2", Function::Atan2, 2, 2),
    ("cbrt", Function::Cbrt, 1, 1),
    ("ceil", Function::Ceil, 1, 1),
    ("ceiling", Function::Ceil, 1, 1),
    ("coalesce", Function::Coalesce, 1, MANY),
    ("concat", Function::Concat, 1, MANY),
    ("concat_ws", Function::ConcatWith, 2, MANY),
    ("cos", Function::Cos, 1, 1),
    ("date_part", Function::DatePart, 2, 2),
    ("degrees", Function::Degrees, 1, 1),
    ("div", Function::Div, 2, 2),
    ("ends_with", Function::EndsWith, 2, 2),
    ("exp", Function::Exp, 1, 1),
    ("floor", Function::Floor, 1, 1),
    ("greatest", Function::Greatest, 1, MANY),
    ("if", Function::If, 3, 3),
    ("ifnull", Function::IfNull, 2, 2),
    ("least", Function::Least, 1, MANY),
    ("left", Function::Left, 2, 2),
    ("length", Function::Length, 1, 1),
    ("ln", Function::Ln, 1, 1),
    ("log", Function::Log, 2, 2),
    ("log10", Function::Log10, 1, 1),
    ("log1p", Function::Log1p, 1, 1),
    ("log2", Function::Log2, 1, 1),
    ("lower", Function::Lower, 1, 1),
    ("ltrim", Function::Ltrim, 1, 2),
    ("mod", Function::Mod, 2, 2),
    ("nullif", Function::NullIf, 2, 2),
    ("pi", Function::Pi, 0, 0),
    ("position", Function::Position, 2, 2),
    ("pow", Function::Pow, 2, 2),
    ("power", Function::Pow, 2, 2),
    ("radians", Function::Radians, 1, 1),
    ("regexp_like", Function::RegexpLike, 2, 3),
    ("replace", Function::Replace, 3, 3),
    ("reverse", Function::Reverse, 1, 1),
    ("right", Function::Right, 2, 2),
    ("round", Function::Round, 1, 2),
    ("rtrim", Function::Rtrim, 1, 2),
    ("sign", Function::Sign, 1, 1),
    ("sin", Function::Sin, 1, 1),
    ("split_part", Function::SplitPart, 3, 3),
    ("sqrt", Function::Sqrt, 1, 1),
    ("starts_with", Function::StartsWith, 2, 2),
    ("strftime", Function::Strftime, 2, 2),
    ("strpos", Function::Strpos, 2, 2),
    ("substr", Function::Substr, 2, 3),
    ("substring", Function::Substr, 2, 3),
    ("tan", Function::Tan, 1, 1),
    ("trim", Function::Trim, 1, 2),
    ("trunc", Function::Trunc, 1, 2),
    ("truncate", Function::Trunc, 1, 2),
    ("upper", Function::Upper, 1, 1),
];
const MANY: usize = usize::MAX;

/// Words that may be before a parenthesis besides names of functions.
const WORDS: &[&str] = &[
    "and", "as", "between", "by", "case", "cast", "char", "else", "extract", "float", "from", "in",
    "like", "not", "or", "then", "try_cast", "varchar", "when",
];

/// A function by one of its names, in any case.
pub fn named(name: &str) -> Option<Function> {
    let name = name.to_lowercase();
    let found = FUNCTIONS.iter().find(|(known, ..)| *known == name);
    found.map(|(_, function, ..)| *function)
}

/// Whether a word may be before a parenthesis.
pub fn may_open(word: &str) -> bool {
    let word = word.to_lowercase();
    named(&word).is_some() || WORDS.contains(&word.as_str())
}

/// All names, for the documentation and for who misspells one.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, ..)| *name)
}

impl Function {
    fn row(self) -> &'static (&'static str, Function, usize, usize) {
        let mut rows = FUNCTIONS.iter();
        rows.find(|(_, function, ..)| *function == self)
            .unwrap_or(&FUNCTIONS[0])
    }

    /// Its usual name, in capitals.
    pub fn name(self) -> String {
        self.row().0.to_uppercase()
    }

    /// Says when the number of arguments is wrong.
    ///
    /// # Errors
    /// How many it takes.
    pub fn check_count(self, given: usize) -> Result<(), String> {
        let (_, _, least, most) = *self.row();
        if (least..=most).contains(&given) {
            return Ok(());
        }
        let takes = match (least, most) {
            (0, 0) => "no argument".to_string(),
            (1, 1) => "1 argument".to_string(),
            (least, MANY) => format!("{least} or more arguments"),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        };
        Err(format!("`{}` takes {takes}, not {given}", self.name()))
    }
}
