//! `docs/bad-input.md` as data: `| case | input | exit | it says | what to do |`.

use std::path::PathBuf;
use std::sync::Mutex;

use super::project::Said;

/// One row of a table.
pub struct Row {
    pub id: String,
    pub exit: String,
    pub says: String,
}

/// The document's name for a test.
pub fn id_of(name: &str) -> String {
    name.replace('_', "-")
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/bad-input.md")
}

fn text() -> String {
    std::fs::read_to_string(path()).expect("docs/bad-input.md is there")
}

/// Every row of every table.
pub fn rows() -> Vec<Row> {
    text().lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let [id, _, exit, says, _] = cells(line)?;
    Some(Row {
        id,
        exit: exit.trim().to_string(),
        says: says.trim().to_string(),
    })
}

/// The cells of a table row whose first cell is a name in backticks; the name without them.
fn cells(line: &str) -> Option<[String; 5]> {
    let inner = line.strip_prefix("| `")?.strip_suffix('|')?;
    let (id, rest) = inner.split_once("` |")?;
    // A bar inside a cell is escaped.
    let rest = rest.replace("\\|", "\u{0}");
    let mut parts = rest.split('|').map(|cell| cell.replace('\u{0}', "\\|"));
    let cells = [
        id.to_string(),
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
    ];
    assert!(parts.next().is_none(), "too many cells: {line}");
    Some(cells)
}

/// What was said as the document shows it: each line as code, `<br>` between them.
pub fn shown(said: &Said) -> String {
    let lines: Vec<String> = said
        .lines
        .iter()
        .map(|line| format!("`` {} ``", line.replace('|', "\\|")))
        .collect();
    lines.join("<br>")
}

/// Checks what was said against the row of a case, or writes it there when blessing.
pub fn hold(id: &str, said: &Said) {
    static WRITING: Mutex<()> = Mutex::new(());
    if std::env::var_os("UNSEAT_BLESS").is_some() {
        let guard = WRITING
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut found = false;
        let lines: Vec<String> = text()
            .lines()
            .map(|line| match cells(line) {
                Some([here, input, _, _, todo]) if here == id => {
                    found = true;
                    let (exit, says) = (said.exit, shown(said));
                    format!("| `{id}` |{input}| {exit} | {says} |{todo}|")
                }
                _ => line.to_string(),
            })
            .collect();
        std::fs::write(path(), lines.join("\n") + "\n").expect("the document can be written");
        drop(guard);
        assert!(found, "docs/bad-input.md has no row `{id}`");
        return;
    }
    let row = rows()
        .into_iter()
        .find(|row| row.id == id)
        .unwrap_or_else(|| panic!("docs/bad-input.md has no row `{id}`; it would say\n{said}"));
    assert_eq!(
        row.exit,
        said.exit.to_string(),
        "exit code; it said\n{said}"
    );
    assert_eq!(row.says, shown(said), "`{id}` said\n{said}");
}
