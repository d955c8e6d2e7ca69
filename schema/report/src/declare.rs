//! The declarations' two forms: an object with keys, and a set of words.
//!
//! An object such as
//!
//! ```text
//! object! {
//!     /// What a run used.
//!     Usage {
//!         /// the largest resident set
//!         peak: Number,
//!         /// where the log lies
//!         log: Text,
//!     }
//! }
//! ```
//!
//! becomes a type with a value for each key, held in the way `H` that its user chooses, and one
//! implementation of [`Kind`](crate::value::Kind), in which writing and reading go through the keys in
//! their order:
//!
//! ```text
//! pub struct Usage<H: Storage = Declared> {
//!     pub peak: <Number as Kind>::Value<H>,       // u64 for every H
//!     pub log: <Text as Kind>::Value<H>,          // H::Text: bytes lent, or an owned text
//! }
//!
//! impl Kind for Usage {
//!     type Value<H: Storage> = Usage<H>;
//!     const SHAPE: Shape = Shape::Object(&Usage::OBJECT);     // for the schemas and the documents
//!
//!     fn write<H: Storage>(value: Usage<H>, json: &mut Json<'_>) {
//!         json.object("peak\0log\0", |json| {
//!             Number::write::<H>(value.peak, json);
//!             Text::write::<H>(value.log, json);
//!         });
//!     }
//!
//!     fn read<S: Source>(source: &S) -> Result<Usage<S::Storage>, S::Error> {
//!         let members = source.members(Usage::OBJECT.fields)?;    // refuses a key that is not declared
//!         Ok(Usage {
//!             peak: Number::read(&members.member("peak")?)?,      // refuses a key that is missing
//!             log: Text::read(&members.member("log")?)?,
//!         })
//!     }
//! }
//! ```

/// Declares an object: its name, its keys, the kind of each, and in words what they mean. A key that
/// is no name in Rust stands behind the field's name. An object that has neither texts nor lists is
/// `plain`: it is value in one way.
macro_rules! object {
    (
        $(#[doc = $about:literal])+
        plain $name:ident { $($(#[doc = $doc:literal])+ $field:ident: $kind:ty,)+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $crate::declare::Plain<$kind>,)+
        }

        $crate::declare::object! {
            @kind [$name] [$name] [$(#[doc = $about])+]
            $($(#[doc = $doc])+ $field: $kind,)+
        }
    };
    (
        $(#[doc = $about:literal])+
        $name:ident { $($(#[doc = $doc:literal])+ $field:ident $(as $key:literal)?: $kind:ty,)+ }
    ) => {
        $(#[doc = $about])+
        pub struct $name<H: $crate::value::Storage = $crate::storage::Declared> {
            $($(#[doc = $doc])+ pub $field: <$kind as $crate::value::Kind>::Value<H>,)+
        }

        impl<H: $crate::value::Storage> $name<H> {
            /// Writes it as one line.
            pub fn write_line(self, sink: &mut dyn $crate::sink::Sink) {
                <$name as $crate::value::Kind>::write::<H>(self, &mut $crate::json::Json::new(sink));
                sink.push("\n");
            }

            /// Reads it from a source that holds texts and lists in the same way.
            pub fn read<S: $crate::value::Source<Storage = H>>(source: &S) -> Result<Self, S::Error> {
                <$name as $crate::value::Kind>::read(source)
            }
        }

        $crate::declare::object! {
            @kind [$name] [$name<H>] [$(#[doc = $about])+]
            $($(#[doc = $doc])+ $field $(as $key)?: $kind,)+
        }
    };
    (
        @kind [$name:ident] [$value:ty] [$(#[doc = $about:literal])+]
        $($(#[doc = $doc:literal])+ $field:ident $(as $key:literal)?: $kind:ty,)+
    ) => {
        impl $name {
            /// The declaration.
            pub const OBJECT: $crate::shape::Object = $crate::shape::Object {
                name: stringify!($name),
                about: concat!($($about),+),
                fields: &[$($crate::shape::Field {
                    name: $crate::declare::key!($field $($key)?),
                    about: concat!($($doc),+),
                    shape: <$kind as $crate::value::Kind>::SHAPE,
                }),+],
            };
        }

        impl $crate::value::Kind for $name {
            type Value<H: $crate::value::Storage> = $value;
            const SHAPE: $crate::shape::Shape = $crate::shape::Shape::Object(&Self::OBJECT);

            fn write<H: $crate::value::Storage>(
                value: Self::Value<H>,
                json: &mut $crate::json::Json<'_>,
            ) {
                json.object(concat!($($crate::declare::key!($field $($key)?), "\0"),+), |json| {
                    $(<$kind as $crate::value::Kind>::write::<H>(value.$field, json);)+
                });
            }

            fn read<S: $crate::value::Source>(
                source: &S,
            ) -> Result<Self::Value<S::Storage>, S::Error> {
                let members = source.members(Self::OBJECT.fields)?;
                Ok($name {
                    $($field: <$kind as $crate::value::Kind>::read(
                        &$crate::value::Members::member(
                            &members,
                            $crate::declare::key!($field $($key)?),
                        )?,
                    )?,)+
                })
            }
        }
    };
}

/// What holds a value that has neither texts nor lists.
pub(crate) type Plain<K> = <K as crate::value::Kind>::Value<crate::storage::Declared>;

/// The key of a field.
macro_rules! key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

/// Declares a set of words, and in words what each means.
macro_rules! words {
    (
        $(#[doc = $about:literal])+
        $name:ident { $($(#[doc = $doc:literal])+ $word:ident = $text:literal,)+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[doc = $doc])+ $word,)+
        }

        impl $name {
            /// Every word.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// As it is written.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)+
                }
            }

            /// What it means.
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$word => concat!($($doc),+),)+
                }
            }

            /// What is written so.
            pub fn named(name: &[u8]) -> Option<Self> {
                Self::ALL
                    .iter()
                    .find(|word| word.name().as_bytes() == name)
                    .copied()
            }
        }

        impl $crate::value::Kind for $name {
            type Value<H: $crate::value::Storage> = Self;
            const SHAPE: $crate::shape::Shape = $crate::shape::Shape::OneOf(&[$($text),+]);

            fn write<H: $crate::value::Storage>(value: Self, json: &mut $crate::json::Json<'_>) {
                json.text(value.name(), b"");
            }

            fn read<S: $crate::value::Source>(source: &S) -> Result<Self, S::Error> {
                Self::named(source.text()?.as_ref())
                    .ok_or_else(|| source.wrong(concat!("one of", $(" `", $text, "`"),+)))
            }
        }
    };
}

pub(crate) use {key, object, words};
