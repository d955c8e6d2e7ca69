//! What follows from the list of sections: the types of a plan, its decoder and its encoder.
//!
//! The decoder that the macro writes takes five steps, and the first that fails refuses the plan:
//!
//! 1. [`Parts::read`](crate::file::Parts::read) looks at the file as a whole: magic, version, length and seal, then the
//!    section table: known kinds that only rise, no empty section, each required one there, no gap and no overlap up to
//!    the heap.
//! 2. The sources are counted from the section table, before any record is read: a source line in any record names one
//!    of them.
//! 3. Each section in the order of the kinds, each record in its order: the fields' own rules ([`Record`]), the heap
//!    references, which must follow each other without a gap, and the check that the list names for the section.
//! 4. `together` checks what concerns several sections.
//! 5. The heap must end where the last reference ended.
//!
//! The encoder decodes what it has written before it returns.

use crate::error::{DecodeError, EncodeError};
use crate::field::{Record, Writer};

/// Defines `Section`, `Plan`, `Contents` and `encode` for a list of sections.
///
/// A section is listed with its kind and its name, the field that holds its records in a plan, the
/// type of a record, what checks a record, and how many there may be. The lists are in the order
/// of the kinds, which is the order in the file. A required section has exactly one record. Lines name
/// the policies in one of the sections; `together` checks what concerns several.
macro_rules! define_plan {
    (
        required { $(
            $(#[$one_doc:meta])*
            $one_kind:literal $One:ident,
            $one:ident: $OneRecord:ident $(<$one_life:lifetime>)?, $one_check:expr;
        )+ }
        optional { $(
            $(#[$doc:meta])*
            $kind:literal $Many:ident,
            $many:ident: $Record:ident $(<$life:lifetime>)?, $check:expr $(, at most $most:expr)?;
        )+ }
        lines name a record of $Sources:ident;
        together $together:expr;
    ) => {
        /// The sections, in the order they stand in a file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Section {
            $($(#[$one_doc])* $One,)+
            $($(#[$doc])* $Many,)+
        }

        impl Section {
            /// Every section in file order.
            pub const ALL: &'static [Self] = &[$(Self::$One,)+ $(Self::$Many,)+];

            /// The number that stands for it in the section table.
            pub const fn kind(self) -> u32 {
                self.shape().kind
            }

            /// Whether it is in every plan, with exactly one record.
            pub const fn required(self) -> bool {
                self.shape().required
            }

            /// The most records that it may have, where there is a limit of its own.
            pub const fn most_records(self) -> Option<usize> {
                self.shape().most
            }

            /// Bytes of one of its records.
            pub const fn record_bytes(self) -> usize {
                self.shape().record_bytes
            }

            /// The name of its records' type.
            pub const fn record_name(self) -> &'static str {
                match self {
                    $(Self::$One => stringify!($OneRecord),)+
                    $(Self::$Many => stringify!($Record),)+
                }
            }

            /// Name, offset and width of each field of its records, in order.
            pub const fn record_layout(self) -> &'static [(&'static str, usize, usize)] {
                match self {
                    $(Self::$One => <$OneRecord as $crate::field::Record<'_>>::LAYOUT,)+
                    $(Self::$Many => <$Record as $crate::field::Record<'_>>::LAYOUT,)+
                }
            }

            const fn shape(self) -> $crate::file::Shape {
                match self {
                    $(Self::$One => $crate::file::Shape {
                        kind: $one_kind,
                        record_bytes: <$OneRecord as $crate::field::Record<'_>>::BYTES,
                        required: true,
                        most: Some(1),
                    },)+
                    $(Self::$Many => $crate::file::Shape {
                        kind: $kind,
                        record_bytes: <$Record as $crate::field::Record<'_>>::BYTES,
                        required: false,
                        most: define_plan!(@most $($most)?),
                    },)+
                }
            }
        }

        /// The sections' shapes, in the order of their kinds.
        const SHAPES: [$crate::file::Shape; Section::ALL.len()] =
            [$(Section::$One.shape(),)+ $(Section::$Many.shape(),)+];

        /// A plan whose seal and structure have been checked. See the crate's documentation for
        /// what that proves.
        #[derive(Debug, Clone)]
        pub struct Plan<'a> {
            /// The seal: the plan's digest.
            pub digest: $crate::sha256::Digest,
            $($(#[$one_doc])* pub $one: $OneRecord $(<$one_life>)?,)+
            $($(#[$doc])* pub $many: $crate::table::Table<'a, $Record $(<$life>)?>,)+
        }

        impl<'a> Plan<'a> {
            /// Reads a plan from exactly its bytes.
            pub fn decode(bytes: &'a [u8]) -> Result<Self, $crate::error::DecodeError> {
                let file = $crate::file::Parts::read(bytes, &SHAPES)?;
                let sources = file.count(Section::$Sources.shape())?;
                let mut checker = $crate::table::Checker::new(file.heap, sources);
                let [$($one,)+ $($many,)+] = file.sections;
                let plan = Self {
                    digest: file.digest,
                    $($one: checker.one($one, $one_check)?,)+
                    $($many: checker.table($many, $check)?,)+
                };
                $crate::define::check(&plan, $together)?;
                checker.end()?;
                Ok(plan)
            }
        }

        /// Everything that goes into a plan.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Contents<'a> {
            $($(#[$one_doc])* pub $one: $OneRecord $(<$one_life>)?,)+
            $($(#[$doc])* pub $many: &'a [$Record $(<$life>)?],)+
        }

        impl<'a> Contents<'a> {
            /// These required records, and none of any other section.
            pub const fn of($($one: $OneRecord $(<$one_life>)?,)+) -> Self {
                Self {
                    $($one,)+
                    $($many: &[],)+
                }
            }
        }

        /// Writes the plan into `out` and returns its length.
        ///
        /// `out` should hold [`MAX_PLAN_BYTES`](crate::MAX_PLAN_BYTES). What was written has been
        /// decoded again before this returns, so a plan that its reader would refuse is never made.
        pub fn encode(
            contents: &Contents<'_>,
            out: &mut [u8],
        ) -> Result<usize, $crate::error::EncodeError> {
            let counts = [
                $(core::slice::from_ref(&contents.$one).len(),)+
                $(contents.$many.len(),)+
            ];
            let layout = $crate::file::Layout::new(&SHAPES, &counts)?;
            let mut writer = layout.writer(out);
            $($crate::define::put_all(core::slice::from_ref(&contents.$one), &mut writer)?;)+
            $($crate::define::put_all(contents.$many, &mut writer)?;)+
            let body = writer.heap_at();
            let total = layout.seal(out, body)?;
            let written = out
                .get(..total)
                .ok_or($crate::error::EncodeError::TooLarge)?;
            let _: Plan<'_> =
                Plan::decode(written).map_err($crate::error::EncodeError::Refused)?;
            Ok(total)
        }
    };
    (@most) => { None };
    (@most $most:expr) => { Some($most) };
}

pub(crate) use define_plan;

/// Checks a plan.
#[inline(never)]
pub(crate) fn check<P>(
    plan: &P,
    check: impl FnOnce(&P) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    check(plan)
}

/// Writes the records of one section.
pub(crate) fn put_all<'a, R: Record<'a>>(
    records: &[R],
    writer: &mut Writer<'_>,
) -> Result<(), EncodeError> {
    records.iter().try_for_each(|record| record.put(writer))
}
