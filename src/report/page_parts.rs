//! The parts a page is made of: texts, tables, figures, and the style sheet. `maud` escapes every text, so that a name in the
//! data can never become markup.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

/// A heading of a column: its text, and whether the column holds numbers.
pub(super) type Head = (&'static str, bool);

/// A table of plain texts; the first column heads its row.
pub(super) fn table(caption: &str, heads: &[Head], rows: &[Vec<String>]) -> Markup {
    let class = |index: usize| heads.get(index).is_some_and(|head| head.1).then_some("n");
    html! {
        div.wide {
            table {
                caption { (caption) }
                thead { tr {
                    @for (index, (text, _)) in heads.iter().enumerate() {
                        th scope="col" class=[class(index)] { (text) }
                    }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (index, text) in row.iter().enumerate() {
                                @if index == 0 {
                                    th scope="row" class=[class(index)] { (text) }
                                } @else {
                                    td class=[class(index)] { (text) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A list of name and value.
pub(super) fn facts(facts: &[(&str, String)]) -> Markup {
    html! {
        dl {
            @for (name, value) in facts {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// A list of sentences.
pub(super) fn list(items: &[String]) -> Markup {
    html! {
        ul {
            @for item in items { li { (item) } }
        }
    }
}

/// A paragraph.
pub(super) fn paragraph(text: &str) -> Markup {
    html! { p { (text) } }
}

/// A plot with the words for those who do not see it.
pub(super) fn figure(png: &[u8], alt: &str, caption: &str) -> Markup {
    let side = |at: usize| {
        let bytes = png.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_be_bytes).filter(|side| *side > 0)
    };
    // Width and height are at fixed places of a PNG; with them the page does not jump while it loads.
    let (width, height) = side(16).zip(side(20)).unzip();
    let source = format!("data:image/png;base64,{}", STANDARD.encode(png));
    html! {
        figure {
            img src=(source) alt=(alt) width=[width] height=[height];
            figcaption { (caption) }
        }
    }
}

/// A section of a page under its heading.
pub(super) fn section(heading: &str, body: &Markup) -> Markup {
    html! {
        section { h2 { (heading) } (body) }
    }
}

/// The style of the page: light and dark, screen and paper.
pub(super) const STYLE: &str = r#"
:root{color-scheme:light dark;--paper:#fff;--soft:#f4f6f8;--ink:#1b2633;--muted:#55626f;--line:#d8dee4;
--good:#0b6e4f;--bad:#b3261e;--open:#8a5a00;--goodsoft:#e4f4ed;--badsoft:#fbe9e7;--opensoft:#fdf3dc}
@media (prefers-color-scheme:dark){:root{--paper:#11171e;--soft:#1a222c;--ink:#e6ebf0;--muted:#a3b0bd;--line:#2f3a46;
--good:#6fd3ab;--bad:#ff9d94;--open:#f2c566;--goodsoft:#12312a;--badsoft:#3a1d1c;--opensoft:#352a12}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
overflow-wrap:anywhere}
main{max-width:68rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:1.7rem;line-height:1.25;margin:0}h2{font-size:1.2rem;margin:2.4rem 0 .7rem;padding-bottom:.3rem;
border-bottom:1px solid var(--line)}
p{margin:.5rem 0;max-width:50rem}ul{margin:.4rem 0;padding-left:1.3rem;max-width:50rem}li{margin:.2rem 0}
.sub{color:var(--muted);margin:.2rem 0 1.2rem}
.verdict{border-left:.35rem solid;border-radius:.35rem;padding:.8rem 1.1rem;max-width:none}
.verdict strong{font-size:1.1rem}.verdict ul{color:var(--ink);margin-bottom:0}
.promote{color:var(--good);background:var(--goodsoft)}.reject{color:var(--bad);background:var(--badsoft)}
.retune,.equivalent,.inconclusive,.none{color:var(--open);background:var(--opensoft)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.7rem 1.5rem;margin:.8rem 0}
dl>div{min-width:0}dt{color:var(--muted);font-size:.85rem}dd{margin:0}
.wide{overflow-x:auto;margin:.8rem 0 1.2rem}
table{border-collapse:collapse;width:100%;font-size:.92rem;overflow-wrap:break-word}
caption{text-align:left;color:var(--muted);font-size:.88rem;padding:.2rem 0 .4rem}
th,td{text-align:left;vertical-align:top;padding:.38rem .7rem;border-bottom:1px solid var(--line);font-weight:400;
max-width:26rem;overflow-wrap:anywhere}
tbody th{min-width:8rem}
thead th{color:var(--muted);font-size:.85rem;background:var(--soft);white-space:nowrap}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,29rem),1fr));gap:1.2rem;align-items:start}
figure{margin:0;border:1px solid var(--line);border-radius:.5rem;overflow:hidden;background:#fff}
figure img{display:block;width:100%;height:auto}
figcaption{background:var(--soft);color:var(--muted);font-size:.88rem;padding:.5rem .8rem;border-top:1px solid var(--line)}
footer{margin-top:2.5rem;color:var(--muted);font-size:.88rem}
@media print{:root{color-scheme:light;--paper:#fff;--soft:#f4f6f8;--ink:#000;--muted:#444;--line:#bbb;--good:#0b6e4f;
--bad:#b3261e;--open:#8a5a00;--goodsoft:#fff;--badsoft:#fff;--opensoft:#fff}
body{font-size:10.5pt}main{max-width:none;padding:0}figure,tr,.verdict{break-inside:avoid}h2{break-after:avoid}
.wide{overflow:visible}.plots{grid-template-columns:1fr 1fr}}
"#;
