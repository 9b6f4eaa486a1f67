//! The confusion matrix: counts, and shares of each row, from light to dark.

use super::canvas::{Align, Canvas, Colour, INK, MUTED, PAPER};
use super::chart;
use super::error::Error;
use super::lettering::{LABEL, SMALL, TITLE, shorten, text_width};

/// Most classes that get a row of their own; the rest is added up in one more.
const MOST_CLASSES: usize = 20;

/// Ends of the colour scale.
const LIGHT: Colour = (0xf1, 0xf6, 0xfb);
const DARK: Colour = (0x08, 0x45, 0x7e);

/// Dark text in a cell; only black reaches a contrast of 4.5 on the middle shades.
const CELL_INK: Colour = (0, 0, 0);

/// Widest row label and highest column label, in pixels.
const ROW_LABEL: i32 = 120;
const COLUMN_LABEL: i32 = 92;

/// Where the cells lie.
struct Grid {
    left: i32,
    top: i32,
    cell: (i32, i32),
    n: i32,
}

impl Grid {
    fn corner(&self, row: usize, column: usize) -> (i32, i32) {
        (
            self.left + column as i32 * self.cell.0,
            self.top + row as i32 * self.cell.1,
        )
    }

    fn end(&self) -> (i32, i32) {
        (
            self.left + self.n * self.cell.0,
            self.top + self.n * self.cell.1,
        )
    }
}

/// Draws `counts[true class][predicted class]`; beyond 20 classes the last ones are added up as "others".
///
/// # Errors
/// When the font or the encoder fails.
pub fn confusion_matrix_png(
    counts: &[Vec<u64>],
    classes: &[String],
    title: &str,
) -> Result<Vec<u8>, Error> {
    let (counts, names) = fold(counts, classes);
    let size = sheet_size(names.len());
    let mut canvas = Canvas::new(size.0, size.1);
    let top = chart::title(&mut canvas, title);
    let grid = lay_out(&canvas, top, &names);
    label_axes(&mut canvas, &grid, &names);
    for (row, counts) in counts.iter().enumerate() {
        let total: u64 = counts.iter().fold(0, |sum, &n| sum.saturating_add(n));
        for (column, &count) in counts.iter().enumerate() {
            draw_cell(&mut canvas, &grid, (row, column), count, total);
        }
    }
    if counts.iter().flatten().all(|&count| count == 0) {
        say_empty(&mut canvas, &grid);
    }
    canvas.into_png()
}

/// A full square of counts with one name per class; missing cells are zero.
fn fold(counts: &[Vec<u64>], classes: &[String]) -> (Vec<Vec<u64>>, Vec<String>) {
    let n = counts
        .iter()
        .map(Vec::len)
        .max()
        .unwrap_or(0)
        .max(counts.len())
        .max(classes.len())
        .max(1);
    let kept = if n > MOST_CLASSES {
        MOST_CLASSES - 1
    } else {
        n
    };
    let shown = if n > kept { kept + 1 } else { n };
    let mut square = vec![vec![0u64; shown]; shown];
    for (row, counts) in counts.iter().enumerate() {
        for (column, &count) in counts.iter().enumerate() {
            let cell = &mut square[row.min(kept)][column.min(kept)];
            *cell = cell.saturating_add(count);
        }
    }
    let name = |index: usize| {
        classes
            .get(index)
            .cloned()
            .unwrap_or_else(|| format!("class {index}"))
    };
    let mut names: Vec<String> = (0..kept).map(name).collect();
    if n > kept {
        names.push(format!("{} others", n - kept));
    }
    (square, names)
}

fn sheet_size(n: usize) -> (i32, i32) {
    let n = n as i32;
    (
        (190 + n * 50).max(chart::WIDTH),
        (190 + n * 36).max(chart::HEIGHT),
    )
}

fn lay_out(canvas: &Canvas, top: i32, names: &[String]) -> Grid {
    let n = (names.len() as i32).max(1);
    let widest = names
        .iter()
        .map(|name| text_width(&shorten(name, SMALL, ROW_LABEL), SMALL))
        .max()
        .unwrap_or(0);
    let left = 44 + widest + 8;
    let cell_width = (canvas.width - 28 - left) / n;
    let label_height = if upright(names, cell_width) {
        22
    } else {
        widest.min(COLUMN_LABEL) + 12
    };
    let cell_height = (canvas.height - 36 - label_height - top) / n;
    Grid {
        left,
        top,
        cell: (cell_width, cell_height),
        n: names.len() as i32,
    }
}

/// Whether every column label fits over its column without being turned.
fn upright(names: &[String], cell_width: i32) -> bool {
    let few = names.len() <= 3;
    few || names
        .iter()
        .all(|name| text_width(&shorten(name, SMALL, ROW_LABEL), SMALL) + 8 <= cell_width)
}

fn label_axes(canvas: &mut Canvas, grid: &Grid, names: &[String]) {
    let (right, bottom) = grid.end();
    let turned = !upright(names, grid.cell.0);
    for (index, name) in names.iter().enumerate() {
        let (x, y) = grid.corner(index, index);
        let (middle_x, middle_y) = (x + grid.cell.0 / 2, y + grid.cell.1 / 2);
        let row = shorten(name, SMALL, ROW_LABEL);
        canvas.text(&row, (grid.left - 8, middle_y), Align::Right, SMALL, INK);
        if turned {
            let column = shorten(name, SMALL, COLUMN_LABEL);
            canvas.text(&column, (middle_x, bottom + 8), Align::UpEnd, SMALL, INK);
        } else {
            let column = shorten(name, SMALL, grid.cell.0 - 8);
            canvas.text(&column, (middle_x, bottom + 13), Align::Centre, SMALL, INK);
        }
    }
    let down = (grid.top + bottom) / 2;
    canvas.text("true class", (20, down), Align::UpCentre, LABEL, MUTED);
    let across = ((grid.left + right) / 2, canvas.height - 16);
    canvas.text("predicted class", across, Align::Centre, LABEL, MUTED);
}

fn draw_cell(
    canvas: &mut Canvas,
    grid: &Grid,
    (row, column): (usize, usize),
    count: u64,
    total: u64,
) {
    let share = if total == 0 {
        0.0
    } else {
        count as f64 / total as f64
    };
    let (x, y) = grid.corner(row, column);
    let (width, height) = grid.cell;
    // One pixel of paper parts the cells.
    let fill = mix(share);
    canvas.rect((x, y), (x + width - 1, y + height - 1), fill);
    let ink = readable_on(fill);
    let (middle_x, middle_y) = (x + width / 2, y + height / 2);
    let roomy = width >= 90 && height >= 60;
    let (size, apart) = if roomy { (TITLE, 13) } else { (SMALL, 8) };
    let percent = percentage(count, total, usize::from(roomy));
    let number = fitting_count(count, size, width - 4);
    canvas.text(
        &number,
        (middle_x, middle_y - apart),
        Align::Centre,
        size,
        ink,
    );
    let size = if roomy { LABEL } else { SMALL };
    canvas.text(
        &percent,
        (middle_x, middle_y + apart),
        Align::Centre,
        size,
        ink,
    );
}

/// The share of a row; a few rows never look like none, nor nearly all like all.
fn percentage(count: u64, total: u64, decimals: usize) -> String {
    if total == 0 {
        return "–".to_owned();
    }
    let percent = count as f64 / total as f64 * 100.0;
    let least = 0.1f64.powi(decimals as i32);
    if count > 0 && percent < least / 2.0 {
        format!("<{least:.decimals$}%")
    } else if count < total && percent > 100.0 - least / 2.0 {
        format!(">{:.decimals$}%", 100.0 - least)
    } else {
        format!("{percent:.decimals$}%")
    }
}

fn say_empty(canvas: &mut Canvas, grid: &Grid) {
    let (right, bottom) = grid.end();
    let (x, y) = ((0.0, 1.0), (0.0, 1.0));
    let frame = chart::Frame {
        left: grid.left,
        top: grid.top,
        right,
        bottom,
        x,
        y,
    };
    chart::nothing(canvas, &frame, "not defined: there are no test rows");
}

/// The colour of a share on the scale.
fn mix(share: f64) -> Colour {
    // In 24 steps the eye sees no difference, and the palette stays small.
    let share = (share.clamp(0.0, 1.0) * 24.0).round() / 24.0;
    let part = |light: u8, dark: u8| {
        (f64::from(light) + (f64::from(dark) - f64::from(light)) * share).round() as u8
    };
    (
        part(LIGHT.0, DARK.0),
        part(LIGHT.1, DARK.1),
        part(LIGHT.2, DARK.2),
    )
}

/// Dark or light ink, whichever has the higher WCAG contrast with the fill.
fn readable_on(fill: Colour) -> Colour {
    let contrast = |a: f64, b: f64| (a.max(b) + 0.05) / (a.min(b) + 0.05);
    let fill = luminance(fill);
    if contrast(fill, luminance(CELL_INK)) >= contrast(fill, luminance(PAPER)) {
        CELL_INK
    } else {
        PAPER
    }
}

/// Relative luminance as WCAG defines it.
fn luminance((r, g, b): Colour) -> f64 {
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// A count with thin groups of three digits, or in thousands, millions … when it does not fit.
fn fitting_count(count: u64, size: u32, width: i32) -> String {
    let whole = super::words::grouped(count);
    if text_width(&whole, size) <= width {
        return whole;
    }
    let mut value = count as f64;
    for unit in ["", "k", "M", "G", "T", "P", "E"] {
        if value < 999.5 {
            return if value < 9.95 {
                format!("{value:.1}{unit}")
            } else {
                format!("{value:.0}{unit}")
            };
        }
        value /= 1000.0;
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_on_every_shade_has_a_contrast_of_four_and_a_half() {
        for step in 0..=24 {
            let fill = mix(f64::from(step) / 24.0);
            let (fill, ink) = (luminance(fill), luminance(readable_on(fill)));
            let contrast = (fill.max(ink) + 0.05) / (fill.min(ink) + 0.05);
            assert!(contrast >= 4.5, "contrast {contrast} at step {step}");
        }
    }

    #[test]
    fn more_than_twenty_classes_keep_their_sum() {
        let counts = vec![vec![1; 25]; 25];
        let (square, names) = fold(&counts, &[]);
        assert_eq!((square.len(), names.len()), (20, 20));
        assert_eq!(square.iter().flatten().sum::<u64>(), 625);
        assert_eq!(names[19], "6 others");
    }

    #[test]
    fn a_few_rows_are_not_none_and_nearly_all_are_not_all() {
        assert_eq!(percentage(1, 100_000, 0), "<1%");
        assert_eq!(percentage(1, 100_000, 1), "<0.1%");
        assert_eq!(percentage(99_999, 100_000, 1), ">99.9%");
        assert_eq!(percentage(0, 10, 0), "0%");
        assert_eq!(percentage(10, 10, 1), "100.0%");
        assert_eq!(percentage(0, 0, 1), "–");
    }

    #[test]
    fn counts_are_shortened_only_when_they_must() {
        assert_eq!(fitting_count(1234, SMALL, 200), "1,234");
        assert_eq!(fitting_count(1234, SMALL, 28), "1.2k");
        assert_eq!(fitting_count(u64::MAX, SMALL, 46), "18E");
    }
}
