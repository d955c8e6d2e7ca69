//! The libyaml event stream as safe, owned values: the compiler's only unsafe code.
#![expect(
    unsafe_code,
    reason = "libyaml's scanner, the one that serde_yaml uses too, has a C-shaped interface"
)]

use crate::source::Span;
use libyaml_rs as yaml;
use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// The events of one text, in order.
///
/// The parser lives behind a pointer of its own, because libyaml keeps its address.
pub(crate) struct Events<'t> {
    parser: NonNull<yaml::yaml_parser_t>,
    /// Bytes of the byte order mark, which libyaml is not given.
    mark: usize,
    text: PhantomData<&'t str>,
}

/// One event and the bytes that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// What it is.
    pub(crate) kind: EventKind,
    /// From its first to one past its last byte. Empty for events without text of their own.
    pub(crate) span: Span,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// A start or an end that says nothing more: of the stream, or of a document's end.
    Other,
    /// The end of the text.
    StreamEnd,
    /// A document begins.
    DocumentStart,
    /// A document ends.
    DocumentEnd,
    /// `*name`
    Alias(String),
    /// A scalar, with its escapes and foldings resolved.
    Scalar {
        /// Its anchor and tag.
        properties: Properties,
        /// Its text.
        text: String,
        /// How it was written.
        style: Style,
    },
    /// A sequence begins.
    SequenceStart(Properties),
    /// The innermost sequence ends.
    SequenceEnd,
    /// A mapping begins.
    MappingStart(Properties),
    /// The innermost mapping ends.
    MappingEnd,
}

/// What may stand before a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Properties {
    /// `&anchor`
    pub(crate) anchor: Option<String>,
    /// `!tag`
    pub(crate) tag: Option<String>,
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Without quotes: it may be a number, a truth value or nothing.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes, with escapes.
    #[default]
    DoubleQuoted,
    /// A block: `|` or `>`.
    Block,
}

/// Why libyaml cannot read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// What it found.
    pub(crate) problem: String,
    /// The byte it found it at.
    pub(crate) at: usize,
    /// What it was reading, and since which byte.
    pub(crate) context: Option<(String, usize)>,
}

impl<'t> Events<'t> {
    /// Starts reading `text`; `None` only where libyaml cannot get memory.
    pub(crate) fn new(text: &'t str) -> Option<Self> {
        let uninit = Box::new(MaybeUninit::<yaml::yaml_parser_t>::uninit());
        let raw = Box::into_raw(uninit).cast::<yaml::yaml_parser_t>();
        // SAFETY: `raw` is valid for writes of a whole parser, and this call writes all of it.
        let initialized = unsafe { yaml::yaml_parser_initialize(raw) };
        let Some(parser) = NonNull::new(raw).filter(|_| initialized.ok) else {
            // SAFETY: `raw` came out of `Box::into_raw` above with this layout (`MaybeUninit` has
            // its content's), nothing else owns it, and a failed initialisation keeps nothing.
            drop(unsafe { Box::from_raw(raw.cast::<MaybeUninit<yaml::yaml_parser_t>>()) });
            return None;
        };
        // SAFETY: the parser is initialised and its encoding has not been set before. Setting it
        // keeps libyaml from taking a byte order mark for one of another encoding.
        unsafe { yaml::yaml_parser_set_encoding(raw, yaml::YAML_UTF8_ENCODING) };
        // libyaml gives a byte order mark a column, and then finds the second line outdented.
        let whole = text.len();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mark = whole - text.len();
        let length = u64::try_from(text.len()).unwrap_or(0);
        // SAFETY: the parser is initialised and has no input yet; `length` bytes from `text` stay
        // readable and unchanged for 't, which this value cannot outlive.
        unsafe { yaml::yaml_parser_set_input_string(raw, text.as_ptr(), length) };
        Some(Self {
            parser,
            mark,
            text: PhantomData,
        })
    }

    /// The next event. Not to be called again after an error or [`EventKind::StreamEnd`].
    pub(crate) fn next(&mut self) -> Result<Event, SyntaxError> {
        let mut slot = MaybeUninit::<yaml::yaml_event_t>::uninit();
        // SAFETY: the parser was initialised by `new` and is deleted only by `drop`; the slot is
        // valid for writes, and this call first fills all of it with zeros.
        let parsed = unsafe { yaml::yaml_parser_parse(self.parser.as_ptr(), slot.as_mut_ptr()) };
        if !parsed.ok {
            return Err(self.error());
        }
        // SAFETY: the successful call above wrote every field.
        let raw = unsafe { slot.assume_init_mut() };
        let event = Event {
            kind: kind(raw),
            span: Span::new(self.offset(raw.start_mark), self.offset(raw.end_mark)),
        };
        // SAFETY: `raw` is an event that libyaml produced, and it is deleted this one time;
        // `event` holds copies only.
        unsafe { yaml::yaml_event_delete(raw) };
        Ok(event)
    }

    /// libyaml advances a mark's index by each character's width, so that it counts bytes.
    fn offset(&self, mark: yaml::yaml_mark_t) -> usize {
        usize::try_from(mark.index)
            .unwrap_or(usize::MAX)
            .saturating_add(self.mark)
    }

    fn error(&self) -> SyntaxError {
        // SAFETY: the parser was initialised by `new`, and nothing writes to it during this borrow.
        let parser = unsafe { self.parser.as_ref() };
        let reader = parser.error == yaml::YAML_READER_ERROR;
        let at = if reader {
            usize::try_from(parser.problem_offset)
                .unwrap_or(usize::MAX)
                .saturating_add(self.mark)
        } else {
            self.offset(parser.problem_mark)
        };
        // SAFETY: libyaml's messages are null or static strings.
        let problem = unsafe { text(parser.problem.cast()) };
        // SAFETY: as above.
        let context = unsafe { text(parser.context.cast()) };
        SyntaxError {
            problem: problem.unwrap_or_else(|| "unreadable text".to_owned()),
            at,
            context: context.map(|context| (context, self.offset(parser.context_mark))),
        }
    }
}

impl Drop for Events<'_> {
    fn drop(&mut self) {
        // SAFETY: the parser was initialised by `new` and has not been deleted before.
        unsafe { yaml::yaml_parser_delete(self.parser.as_ptr()) };
        let raw = self
            .parser
            .as_ptr()
            .cast::<MaybeUninit<yaml::yaml_parser_t>>();
        // SAFETY: the pointer came out of `Box::into_raw` in `new`, with this layout, and nothing
        // uses it after this.
        drop(unsafe { Box::from_raw(raw) });
    }
}

fn kind(raw: &yaml::yaml_event_t) -> EventKind {
    match raw.type_ {
        yaml::YAML_ALIAS_EVENT => {
            // SAFETY: the event's type says that `alias` is the member libyaml wrote.
            let alias = unsafe { raw.data.alias };
            // SAFETY: the event owns the anchor and is borrowed.
            let anchor = unsafe { text(alias.anchor.cast()) };
            EventKind::Alias(anchor.unwrap_or_default())
        }
        yaml::YAML_SCALAR_EVENT => {
            // SAFETY: the event's type says that `scalar` is the member libyaml wrote.
            let scalar = unsafe { raw.data.scalar };
            // SAFETY: the event owns the anchor and the tag and is borrowed.
            let properties = unsafe { properties(scalar.anchor, scalar.tag) };
            // SAFETY: the event owns the value, which has this length, and is borrowed.
            let text = unsafe { counted(scalar.value, scalar.length) };
            EventKind::Scalar {
                properties,
                text,
                style: style(scalar.style),
            }
        }
        yaml::YAML_SEQUENCE_START_EVENT => {
            // SAFETY: the event's type says that `sequence_start` is the member libyaml wrote.
            let start = unsafe { raw.data.sequence_start };
            // SAFETY: the event owns the anchor and the tag and is borrowed.
            EventKind::SequenceStart(unsafe { properties(start.anchor, start.tag) })
        }
        yaml::YAML_MAPPING_START_EVENT => {
            // SAFETY: the event's type says that `mapping_start` is the member libyaml wrote.
            let start = unsafe { raw.data.mapping_start };
            // SAFETY: the event owns the anchor and the tag and is borrowed.
            EventKind::MappingStart(unsafe { properties(start.anchor, start.tag) })
        }
        yaml::YAML_SEQUENCE_END_EVENT => EventKind::SequenceEnd,
        yaml::YAML_MAPPING_END_EVENT => EventKind::MappingEnd,
        yaml::YAML_DOCUMENT_START_EVENT => EventKind::DocumentStart,
        yaml::YAML_DOCUMENT_END_EVENT => EventKind::DocumentEnd,
        yaml::YAML_STREAM_START_EVENT => EventKind::Other,
        // `YAML_NO_EVENT` is what libyaml gives once the stream has ended.
        _ => EventKind::StreamEnd,
    }
}

/// Copies of an event's anchor and tag.
///
/// # Safety
///
/// As for [`text`], for both pointers.
unsafe fn properties(anchor: *const u8, tag: *const u8) -> Properties {
    // SAFETY: the caller's promise.
    let anchor = unsafe { text(anchor.cast()) };
    // SAFETY: the caller's promise.
    let tag = unsafe { text(tag.cast()) };
    Properties { anchor, tag }
}

fn style(style: yaml::yaml_scalar_style_t) -> Style {
    match style {
        yaml::YAML_PLAIN_SCALAR_STYLE => Style::Plain,
        yaml::YAML_SINGLE_QUOTED_SCALAR_STYLE => Style::SingleQuoted,
        yaml::YAML_LITERAL_SCALAR_STYLE | yaml::YAML_FOLDED_SCALAR_STYLE => Style::Block,
        _ => Style::DoubleQuoted,
    }
}

/// A copy of a string that libyaml owns; `None` for its null pointer.
///
/// # Safety
///
/// The pointer is null, or leads to bytes that end in a zero byte and stay unchanged during the
/// call.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not null; the rest is the caller's promise.
    let bytes = unsafe { CStr::from_ptr(pointer) };
    Some(bytes.to_string_lossy().into_owned())
}

/// A copy of `length` bytes that libyaml owns.
///
/// # Safety
///
/// The pointer is null, or leads to `length` readable bytes that stay unchanged during the call.
unsafe fn counted(pointer: *const u8, length: u64) -> String {
    let Some(length) = usize::try_from(length).ok().filter(|_| !pointer.is_null()) else {
        return String::new();
    };
    // SAFETY: not null, and so many bytes by the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(pointer, length) };
    String::from_utf8_lossy(bytes).into_owned()
}
