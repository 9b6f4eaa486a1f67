//! From the outputs of a graph to margins, link, threshold and classes, in the order of the project.

use std::rc::Rc;

use super::cell::{Cell, Chance};
use super::error::Error;
use super::given::{Given, Task};
use super::value::{Label, Rule, Value};
use crate::predictors::Link;

/// What a model says, before columns become steps.
#[derive(Debug)]
pub struct Said {
    /// One per class; one for two classes and for a number.
    pub margins: Vec<Cell>,
    /// What becomes of them.
    pub link: Link,
    /// P(positive) from which on a row is positive; 0.5 where there are not two classes.
    pub threshold: f64,
}

/// Shares in 32 bits that are meant to be equal differ by less than this: so near to one half is one half.
const HALF_ULP: f64 = 1.0 / (1 << 23) as f64;

/// What the outputs say.
///
/// # Errors
/// When they are no answers of the kind that the project wants.
pub fn said(outputs: &[(String, Value)], given: &Given<'_>) -> Result<Said, Error> {
    let mut label = None;
    let mut numbers: Vec<(&str, Vec<Cell>)> = Vec::new();
    for (name, value) in outputs {
        match value {
            Value::Label(found) if label.is_none() => label = Some(found),
            Value::Matrix(matrix) => numbers.push((name.as_str(), matrix.cells.to_vec())),
            Value::Maps(cells) => numbers.push((name.as_str(), cells.clone())),
            _ => {
                return Err(Error::Outputs(format!(
                    "its output `{name}` is neither a class nor a probability per class nor a number"
                )));
            }
        }
    }
    let target = |why: String| Error::Target {
        target: given.target.to_string(),
        why,
    };
    let [(name, cells)] = numbers.as_slice() else {
        return Err(Error::Outputs(format!(
            "{} of its outputs are numbers, and one is expected (the probabilities of the classes, or the predicted number)",
            numbers.len()
        )));
    };
    match (&given.task, label) {
        (Task::Number, None) if cells.len() == 1 => Ok(Said {
            margins: cells.clone(),
            link: Link::Identity,
            threshold: 0.5,
        }),
        (Task::Number, None) => Err(target(format!(
            "its output `{name}` has {} numbers per row and the project wants one",
            cells.len()
        ))),
        (Task::Number, Some(label)) => Err(target(format!(
            "it predicts one of {} classes and the project wants a number; import it into a project whose target has classes",
            label.classes.len()
        ))),
        (Task::Classes { .. }, None) if cells.len() == 1 => Err(target(
            "it predicts a number (a regressor) and the project wants classes; export a classifier, or set `task` to regression".to_string(),
        )),
        (Task::Classes { .. }, None) => Err(Error::Outputs(format!(
            "no output is the class; export the label together with `{name}`"
        ))),
        (Task::Classes { names, is_flag }, Some(label)) => {
            let order = order(&label.classes, names, *is_flag, given)?;
            classes(label, cells, &order)
        }
    }
}

/// For each class of the project its place among those of the file.
fn order(
    file: &[String],
    project: &[String],
    is_flag: bool,
    given: &Given<'_>,
) -> Result<Vec<usize>, Error> {
    let refuse = |why: String| Error::Classes {
        target: given.target.to_string(),
        why,
    };
    let quoted = |names: &[String]| {
        let quoted: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
        quoted.join(", ")
    };
    let spelled: Vec<String> = match given.classes {
        Some(names) if names.len() != file.len() => {
            return Err(refuse(format!(
                "`--classes` names {} and the file has {}: {}",
                names.len(),
                file.len(),
                quoted(file)
            )));
        }
        Some(names) => names.to_vec(),
        // Truth values are spelled in more than one way, and mean the same in all of them.
        None if is_flag => file
            .iter()
            .map(|name| match name.to_lowercase().as_str() {
                "1" | "true" => "true".to_string(),
                "0" | "false" => "false".to_string(),
                _ => name.clone(),
            })
            .collect(),
        None => file.to_vec(),
    };
    let place = |class: &String| spelled.iter().position(|name| name == class);
    let places: Option<Vec<usize>> = project.iter().map(place).collect();
    match places {
        Some(places) if spelled.len() == project.len() => Ok(places),
        _ if given.classes.is_some() => Err(refuse(format!(
            "`--classes` must name each of {} once, in the order of the file's {}",
            quoted(project),
            quoted(file)
        ))),
        _ => Err(refuse(format!(
            "the file has {} and the project {}{}",
            quoted(file),
            quoted(project),
            if file.len() == project.len() {
                "; if they are the same, name the project's in the order of the file's: --classes A,B"
            } else {
                ""
            }
        ))),
    }
}

fn classes(label: &Label, cells: &[Cell], order: &[usize]) -> Result<Said, Error> {
    let n = label.classes.len();
    if cells.len() != n {
        return Err(Error::Outputs(format!(
            "it has {} probabilities for {n} classes",
            cells.len()
        )));
    }
    let odd = || {
        Error::Outputs(
            "its class is not the one that its probabilities say, or they are no probabilities"
                .to_string(),
        )
    };
    if n == 2 {
        return two(label, cells, order[1] == 0).ok_or_else(odd);
    }
    let (margins, link) = many(cells).ok_or_else(odd)?;
    let Rule::Largest(by) = &label.rule else {
        return Err(odd());
    };
    if **by != margins && **by != cells {
        return Err(odd());
    }
    Ok(Said {
        margins: order.iter().map(|&at| margins[at].clone()).collect(),
        link,
        threshold: 0.5,
    })
}

/// One margin per class, and the link that makes the probabilities of them.
fn many(cells: &[Cell]) -> Option<(Vec<Cell>, Link)> {
    let is_all = |of: &dyn Fn(&Cell, usize) -> bool| {
        let mut places = cells.iter().enumerate();
        places.all(|(at, cell)| of(cell, at))
    };
    match &cells[0] {
        Cell::Trees(_) if is_all(&|cell, _| matches!(cell, Cell::Trees(_))) => {
            Some((cells.to_vec(), Link::Identity))
        }
        Cell::Chance(Chance::Softmax(of, 0)) => {
            let is_it = |cell: &Cell, at| *cell == Cell::Chance(Chance::Softmax(Rc::clone(of), at));
            (of.len() == cells.len() && is_all(&is_it)).then(|| (of.to_vec(), Link::Softmax))
        }
        Cell::Chance(Chance::Share(of, 0)) => {
            let is_it = |cell: &Cell, at| *cell == Cell::Chance(Chance::Share(Rc::clone(of), at));
            if of.len() != cells.len() || !is_all(&is_it) {
                return None;
            }
            let inside = of.iter().map(|cell| match cell {
                Cell::Chance(Chance::Logistic(margin)) => Some((**margin).clone()),
                _ => None,
            });
            let inside: Option<Vec<Cell>> = inside.collect();
            match inside {
                Some(margins) => Some((margins, Link::OneVsRest)),
                // Shares of what adds up to one already are the same again.
                None => many(of),
            }
        }
        _ => None,
    }
}

/// The margin of the second of two classes, and the link that makes its probability.
fn second(cells: &[Cell]) -> Option<(Cell, Link)> {
    match cells {
        [Cell::Chance(Chance::Complement(no)), yes] if **no == *yes => alone(yes),
        [yes, Cell::Chance(Chance::Complement(no))] if **no == *yes => {
            let (margin, link) = alone(yes)?;
            Some((turned(&margin, link)?, link))
        }
        [
            Cell::Chance(Chance::Softmax(a, 0)),
            Cell::Chance(Chance::Softmax(b, 1)),
        ] if a == b && a.len() == 2 => Some((a[1].minus(&a[0])?, Link::Logistic)),
        [
            Cell::Chance(Chance::Share(a, 0)),
            Cell::Chance(Chance::Share(b, 1)),
        ] if a == b && a.len() == 2 => second(a),
        [
            Cell::Chance(Chance::Logistic(no)),
            Cell::Chance(Chance::Logistic(yes)),
        ] if yes.is_negative_of(no) => Some(((**yes).clone(), Link::Logistic)),
        [no @ Cell::Trees(_), yes @ Cell::Trees(_)]
            if yes.affine(-1.0, 1.0).as_ref() == Some(no) =>
        {
            Some((yes.clone(), Link::Identity))
        }
        _ => None,
    }
}

/// The margin and the link of a probability.
fn alone(cell: &Cell) -> Option<(Cell, Link)> {
    match cell {
        Cell::Chance(Chance::Logistic(margin)) => Some(((**margin).clone(), Link::Logistic)),
        Cell::Trees(_) => Some((cell.clone(), Link::Identity)),
        _ => None,
    }
}

/// The margin of the other one of two classes.
fn turned(margin: &Cell, link: Link) -> Option<Cell> {
    match link {
        Link::Identity => margin.affine(-1.0, 1.0),
        _ => margin.affine(-1.0, 0.0),
    }
}

fn two(label: &Label, cells: &[Cell], is_turned: bool) -> Option<Said> {
    let (margin, link) = second(cells)?;
    let threshold = threshold(&label.rule, cells, &margin, link)?;
    if is_turned {
        return Some(Said {
            margins: vec![turned(&margin, link)?],
            link,
            // Above what is left where the other one is not reached.
            threshold: (1.0 - threshold).next_up(),
        });
    }
    Some(Said {
        margins: vec![margin],
        link,
        threshold,
    })
}

/// P(second class) from which on it is predicted.
fn threshold(rule: &Rule, cells: &[Cell], margin: &Cell, link: Link) -> Option<f64> {
    let even = match link {
        // Sums of 32-bit shares that are equal to within their rounding are equal: then it is the first class.
        Link::Identity => 0.5 + HALF_ULP,
        _ => 0.5_f64.next_up(),
    };
    match rule {
        Rule::Above(cell, limit) if cell == margin => match link {
            Link::Identity => (*limit == 0.5).then_some(even),
            _ => (*limit == 0.0).then_some(even),
        },
        Rule::Above(cell, limit) if *cell == cells[1] => Some(limit.next_up()),
        Rule::AtLeast(cell, limit) if *cell == cells[1] => Some(*limit),
        Rule::Largest(by) if by.len() == 2 => {
            let is_it = **by == cells
                || by[1].minus(&by[0]).as_ref() == Some(margin)
                || (by[1] == *margin && by[1].is_negative_of(&by[0]));
            is_it.then_some(even)
        }
        _ => None,
    }
}
