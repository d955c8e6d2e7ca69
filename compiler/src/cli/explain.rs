//! `purplec explain`

use super::exit::{Exit, complain, print_as_it_is};
use super::screen::{self, Colour};
use clap::Args;
use purplec::diagnostics::pages::{self, Entry};
use purplec::diagnostics::render::visible;
use purplec::diagnostics::{nearest, quote};
use std::io;

/// What to explain.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The code in the brackets of a finding, such as `unknown-key`
    #[arg(value_name = "CODE", required_unless_present = "list")]
    code: Option<String>,
    /// List every code with its severity and a description
    #[arg(long, conflicts_with = "code")]
    list: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

/// Prints a code's page, or the list of codes.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let look = screen::look(&io::stdout(), arguments.color);
    let Some(asked) = &arguments.code else {
        return print_as_it_is(&list(look.colour), Exit::Clean);
    };
    // People paste what they see: `error[unknown-key]`.
    let code = asked
        .trim()
        .trim_end_matches(']')
        .rsplit('[')
        .next()
        .unwrap_or("");
    let code = code.to_ascii_lowercase().replace(['_', ' '], "-");
    match pages::page(&code) {
        Some(page) => print_as_it_is(&readable(page, look.colour, look.width), Exit::Clean),
        None => unknown(asked, &code),
    }
}

fn unknown(asked: &str, code: &str) -> Exit {
    let asked = quote(&visible(asked));
    // The candidates of `nearest` are written with underscores or not at all.
    let written: Vec<String> = pages::codes().map(|code| code.replace('-', "_")).collect();
    let help = match nearest(code, written.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{}`?", meant.replace('_', "-")),
        None => "`purplec explain --list` lists every code".to_owned(),
    };
    let failed = complain(&format!(
        "purplec: error: no diagnostic has the code {asked}\n  help: {help}"
    ));
    debug_assert_eq!(failed, Exit::Failed);
    failed
}

/// Every code with its severity and a line, under the headings of the list.
fn list(colour: bool) -> String {
    let index = pages::index();
    let width = index
        .iter()
        .map(|entry| entry.code.len())
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    let mut section = "";
    for Entry {
        section: under,
        code,
        severity,
        summary,
    } in index
    {
        if under != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            out.extend([gap, &bold(under, colour), "\n"]);
            section = under;
        }
        let summary = summary.replace('`', "");
        out.push_str("  ");
        out.extend([
            format!("{code:width$}  {severity:7}  "),
            summary,
            "\n".to_owned(),
        ]);
    }
    out
}

/// A page for a screen: headings stand out, examples are indented, sentences are filled.
fn readable(page: &str, colour: bool, width: usize) -> String {
    let width = width.saturating_sub(1).clamp(20, 100);
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut example = false;
    for line in page.lines() {
        if line.starts_with("```") {
            flush(&mut out, &mut paragraph, width);
            example = !example;
        } else if example {
            let indent = if line.is_empty() { "" } else { "    " };
            out.extend([indent, line, "\n"]);
        } else if let Some(heading) = line.strip_prefix('#') {
            flush(&mut out, &mut paragraph, width);
            let heading = heading.trim_start_matches('#').trim();
            out.extend([&bold(heading, colour), "\n"]);
        } else if line.is_empty() {
            flush(&mut out, &mut paragraph, width);
            out.push('\n');
        } else if line.starts_with("- ") || line.starts_with('|') {
            flush(&mut out, &mut paragraph, width);
            paragraph.push_str(line);
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    flush(&mut out, &mut paragraph, width);
    out
}

/// Writes a paragraph, broken between words.
fn flush(out: &mut String, paragraph: &mut String, width: usize) {
    let mut column = 0;
    for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
        let size = word.chars().count();
        if column > 0 && column + 1 + size > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += size;
    }
    if column > 0 {
        out.push('\n');
    }
    paragraph.clear();
}

fn bold(text: &str, colour: bool) -> String {
    if colour {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
