//! The call that is asked about: its name or number, and its arguments as they were typed.

use super::value;
use purplec::diagnostics::nearest;
use purplec::diagnostics::render::visible;
use purplec::show::cases::KnownArgument;
use purplec::syscalls::constants::closest_constant_for;
use purplec::syscalls::{
    Arch, Argument, argument_position, closest_name, signature, syscall, syscall_name,
};

/// The call that is asked about.
pub(super) struct Query {
    /// `None`: a number that no call we know has.
    pub(super) name: Option<&'static str>,
    pub(super) number: u32,
    /// The arguments that were given, by position.
    pub(super) args: Vec<KnownArgument>,
}

impl Query {
    pub(super) fn parse(arch: Arch, call: &str, args: &[String]) -> Result<Self, String> {
        let (name, number) = if let Some((name, number)) = syscall(arch, call) {
            (Some(name), number)
        } else if let Some(number) = value::number(call).and_then(|one| u32::try_from(one).ok()) {
            (syscall_name(arch, number), number)
        } else {
            let guess = closest_name(arch, call).filter(|guess| *guess != call);
            let guess =
                guess.map_or_else(String::new, |guess| format!("; did you mean `{guess}`?"));
            return Err(format!(
                "no syscall is called `{}` on {arch}{guess}",
                visible(call)
            ));
        };
        let signature = name.and_then(|name| signature(arch, name));
        let mut query = Self {
            name,
            number,
            args: Vec::new(),
        };
        for (at, text) in args.iter().enumerate() {
            let known = argument(arch, name.unwrap_or(call), signature.as_deref(), at, text)?;
            if query.args.iter().any(|one| one.position == known.position) {
                return Err(format!("`{}` repeats an argument", visible(text)));
            }
            query.args.push(known);
        }
        query.args.sort_by_key(|one| one.position);
        Ok(query)
    }
}

/// One argument as it was typed: a value for this position, or a name and a value.
fn argument(
    arch: Arch,
    name: &str,
    signature: Option<&[Argument]>,
    at: usize,
    text: &str,
) -> Result<KnownArgument, String> {
    let call = visible(name);
    let (position, value) = match text.split_once('=') {
        None => (at, text),
        Some((argument, value)) => (position(&call, signature, argument)?, value),
    };
    let count = signature.map_or(6, <[Argument]>::len);
    if position >= count {
        let takes = match count {
            0 => "takes no arguments".to_owned(),
            1 => "takes one argument".to_owned(),
            count => format!("takes {count} arguments"),
        };
        return Err(format!("`{call}` {takes}{}", list(signature)));
    }
    value::parse(arch, value)
        .map(|value| KnownArgument { position, value })
        .map_err(|part| {
            let known = signature
                .and_then(|all| all.get(position))
                .map_or("", |one| one.name);
            let guess =
                closest_constant_for(arch, name, known, part).filter(|_| value::is_name(part));
            let guess =
                guess.map_or_else(String::new, |guess| format!("; did you mean `{guess}`?"));
            format!(
                "`{}` is neither a number nor a constant of {arch}{guess}",
                visible(part)
            )
        })
}

fn position(call: &str, signature: Option<&[Argument]>, name: &str) -> Result<usize, String> {
    argument_position(signature, name).ok_or_else(|| {
        let known = match signature {
            Some([]) => ": it takes none".to_owned(),
            Some(all) => match nearest(name, all.iter().map(|one| one.name)) {
                Some(guess) => format!("; did you mean `{guess}`?"),
                None => list(signature),
            },
            None => ": its arguments are not known; write arg0 to arg5".to_owned(),
        };
        format!("`{call}` has no argument called `{}`{known}", visible(name))
    })
}

/// The arguments' names, for a message.
fn list(signature: Option<&[Argument]>) -> String {
    let names: Vec<&str> = signature
        .unwrap_or_default()
        .iter()
        .map(|one| one.name)
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(": {}", names.join(", "))
    }
}
