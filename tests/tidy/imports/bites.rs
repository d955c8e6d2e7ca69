//! Bad examples for the rules about imports.

use super::super::{none_of, one_of};
use super::{
    against_the_order, circles_of_files, input_and_output, order, paths_to_nowhere, undocumented,
};
use purple_tests::repository::Tracked;

/// The files of a crate, from names below its `src` and texts.
fn package(of: &str, files: &[(&str, &str)]) -> Vec<Tracked> {
    let file = |(name, text): &(&str, &str)| Tracked::new(&format!("{of}/src/{name}"), text);
    files.iter().map(file).collect()
}

/// A crate with a module `a` that has this text, and a module `b` with this one.
fn two(a: &str, b: &str) -> Vec<String> {
    circles_of_files(&package(
        "x",
        &[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", b)],
    ))
}

#[test]
fn bites_a_circle_of_two_files() {
    let a = "use super::b::B; pub struct A(B);";
    let b = "pub struct B; fn f(_: crate::a::A) {}";
    let found = two(a, b);
    one_of(&found, "between x/src/a.rs, x/src/b.rs");
    one_of(&found, "x/src/a.rs takes B from x/src/b.rs");
    one_of(&found, "x/src/b.rs takes A from x/src/a.rs");
    none_of(&two(a, "pub struct B;"));
}

#[test]
fn bites_a_circle_through_a_path_in_a_macro_or_an_expression() {
    let b = "pub const B: u8 = 0; pub fn f() -> u8 { crate::a::A }";
    one_of(
        &two(
            "pub const A: u8 = 0; fn g() { println!(\"{}\", super::b::B) }",
            b,
        ),
        "takes B",
    );
    one_of(&two("use crate::b; pub const A: u8 = b::B;", b), "takes B");
    one_of(&two("use crate::b::*; pub const A: u8 = B;", b), "takes B");
}

#[test]
fn bites_a_circle_through_what_a_macro_defines() {
    let b = "pub struct B; fn f(_: crate::a::A) {}";
    for a in [
        // What the call spells out.
        "macro_rules! m { ($($t:tt)*) => { $($t)* }; } m! { /// A.\n pub struct A { pub b: super::b::B, } }",
        "macro_rules! m { ($($t:tt)*) => { $($t)* }; } m! { pub enum A { B = 1, } } use super::b::B;",
        // What it gives a body, with the item's kind in the macro.
        "macro_rules! m { ($n:ident { $t:ty }) => { pub struct $n($t); }; } m! { A { super::b::B } }",
        "macro_rules! m { (plain $n:ident { $t:ty }) => { pub struct $n($t); }; } m! { plain A { super::b::B } }",
        // What is in the macro's own text, or in that of a macro that it calls.
        "macro_rules! m { () => { pub struct A(super::b::B); }; } m! {}",
        "macro_rules! n { () => { pub struct A(super::b::B); }; } macro_rules! m { () => { n! {} }; } m! {}",
    ] {
        let found = two(a, b);
        one_of(&found, "x/src/a.rs takes B from x/src/b.rs");
        one_of(&found, "x/src/b.rs takes A from x/src/a.rs");
    }
    none_of(&two("macro_rules! m { () => { pub struct A; }; } m! {}", b));
}

#[test]
fn bites_a_path_to_a_name_that_is_not_found() {
    let with = |b: &'static str| {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            (
                "a.rs",
                "outside::make!(A); pub struct Here; impl Here { pub fn new() {} }",
            ),
            ("b.rs", b),
        ];
        paths_to_nowhere(&package("x", &files))
    };
    one_of(
        &with("use crate::a::A;"),
        "x/src/b.rs: `crate::a::A` ends nowhere",
    );
    none_of(&with(
        "mod c { #[macro_export] macro_rules! m { () => {}; } } fn f() { crate::m!() }",
    ));
    none_of(&with(
        "use crate::a::Here; fn f() { crate::a::Here::new() }",
    ));
}

#[test]
fn bites_a_parent_that_exports_a_child_that_uses_it() {
    let files = |root: &'static str, child: &'static str| {
        circles_of_files(&package("x", &[("lib.rs", root), ("a.rs", child)]))
    };
    let child = "use super::Limit; pub struct A(Limit);";
    one_of(
        &files("mod a; pub use a::A; pub struct Limit;", child),
        "takes Limit",
    );
    // The module's declaration alone is no import.
    none_of(&files("pub mod a; pub struct Limit;", child));
}

#[test]
fn a_path_is_followed_to_the_file_that_defines_what_it_names() {
    // `c` imports `A` by way of the root, which re-exports it: no circle with the root.
    let files = package(
        "x",
        &[
            ("lib.rs", "mod a; mod c; pub use a::A; pub use c::C;"),
            ("a.rs", "pub struct A;"),
            ("c.rs", "use crate::A; pub struct C(A);"),
        ],
    );
    none_of(&circles_of_files(&files));
}

#[test]
fn what_is_for_tests_alone_does_not_count() {
    let b = "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }";
    none_of(&two("use super::b::B; pub struct A(B);", b));
    let b = "pub struct B; #[cfg(test)] fn f(_: crate::a::A) {}";
    none_of(&two("use super::b::B; pub struct A(B);", b));
}

#[test]
fn bites_a_stage_that_looks_at_a_later_one() {
    let library = |parse: &'static str| {
        let files = [
            ("lib.rs", "mod lint; mod parse;"),
            ("lint.rs", "pub struct Lint;"),
            ("parse.rs", parse),
        ];
        against_the_order(&package("compiler", &files))
    };
    one_of(
        &library("use crate::lint::Lint;"),
        "compiler/src/parse: takes `Lint` from `lint`",
    );
    none_of(&library("pub struct Parse;"));
}

#[test]
fn bites_a_module_without_a_place_in_the_order() {
    let files = package("compiler", &[("lib.rs", "mod new;"), ("new.rs", "")]);
    one_of(&against_the_order(&files), "compiler/src/new: has no place");
}

#[test]
fn bites_an_order_that_is_not_documented() {
    let with = |text: &str| undocumented(&[Tracked::new("docs/architecture.md", text)]);
    one_of(
        &with("source < diagnostics"),
        "the order of the compiler's modules",
    );
    none_of(&with(&order().replacen(" < ", " <\n", 3)));
}

#[test]
fn bites_input_and_output_in_the_library() {
    let library = |text: &'static str| {
        let files = [("lib.rs", "mod parse;"), ("parse.rs", text)];
        input_and_output(&package("compiler", &files))
    };
    one_of(&library("use std::fs;"), "`std::fs`");
    one_of(
        &library("fn f() { std::env::var(\"A\"); }"),
        "`std::env::var`",
    );
    one_of(&library("fn f() { println!(); }"), "`println`");
    none_of(&library("use std::fmt; use std::net::IpAddr;"));
}
