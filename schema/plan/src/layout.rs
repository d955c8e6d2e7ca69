//! How a record and an enumeration are defined: fields in their order, numbers with their names.

/// Defines a record: its fields stand in the bytes in the order they stand here, with no padding.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(<$life:lifetime>)? {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name $(<$life>)? {
            $($(#[$field_meta])* pub $field: $type,)+
        }

        impl<'a> $crate::field::Record<'a> for record!(@type $name $($life)?) {
            const BYTES: usize = 0usize $(.saturating_add(<$type as $crate::field::Field<'_>>::BYTES))+;

            const LAYOUT: &'static [(&'static str, usize, usize)] = &{
                let mut at = 0usize;
                [$({
                    let start = at;
                    at = at.saturating_add(<$type as $crate::field::Field<'_>>::BYTES);
                    (stringify!($field), start, at.saturating_sub(start))
                },)+]
            };

            fn put(&self, writer: &mut $crate::field::Writer<'_>) -> Result<(), $crate::error::EncodeError> {
                $($crate::field::Field::put(&self.$field, writer)?;)+
                Ok(())
            }

            fn take(reader: &mut $crate::field::Reader<'a>) -> Result<Self, $crate::error::DecodeError> {
                let record = Self { $($field: $crate::field::Field::take(reader),)+ };
                reader.whole()?;
                Ok(record)
            }
        }
    };
    (@type $name:ident $life:lifetime) => { $name<'a> };
    (@type $name:ident) => { $name };
}

/// Defines an enumeration that stands in the bytes as a `u32`.
macro_rules! enumeration {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(#[$first_meta:meta])* $first:ident = $first_number:literal,
            $($(#[$variant_meta:meta])* $variant:ident = $number:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $(#[$first_meta])* $first, $($(#[$variant_meta])* $variant,)* }

        impl $name {
            /// Every one, in the order of their numbers.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$variant,)*];

            /// The number that stands for it in the bytes.
            pub const fn number(self) -> u32 {
                match self { Self::$first => $first_number, $(Self::$variant => $number,)* }
            }
        }

        impl<'a> $crate::field::Field<'a> for $name {
            const BYTES: usize = 4;
            fn put(&self, writer: &mut $crate::field::Writer<'_>) -> Result<(), $crate::error::EncodeError> {
                $crate::field::Field::put(&self.number(), writer)
            }
            #[inline(never)]
            fn take(reader: &mut $crate::field::Reader<'a>) -> Self {
                match <u32 as $crate::field::Field<'_>>::take(reader) {
                    $first_number => Self::$first,
                    $($number => Self::$variant,)*
                    _ => {
                        reader.fail($crate::error::DecodeError::Value);
                        Self::$first
                    }
                }
            }
        }
    };
}

pub(crate) use {enumeration, record};
