// SPDX-License-Identifier: LGPL-2.1-or-later
//! Constants and structures of Rust as claims about those of C.

use std::fmt::Write as _;

/// A constant: its name and value.
pub type Constant = (&'static str, i128);

/// A structure: its name, size and fields.
pub struct Struct {
    pub name: &'static str,
    pub size: usize,
    pub fields: &'static [Field],
}

/// A field: its name, offset and size.
pub struct Field {
    pub name: &'static str,
    pub offset: usize,
    pub size: usize,
}

impl Field {
    /// Its name in C, where some of Rust's words are names.
    pub fn c_name(&self) -> &'static str {
        self.name.trim_start_matches("r#")
    }
}

/// Defines `CONSTANTS` from their names.
#[macro_export]
macro_rules! constants {
    ($($name:ident,)*) => {
        pub const CONSTANTS: &[$crate::common::mirror::Constant] =
            &[$((stringify!($name), $name as i128),)*];
    };
}

/// Defines `STRUCTS` from the names of the structures and their fields.
#[macro_export]
macro_rules! structs {
    ($($name:ident { $($field:ident,)* })*) => {
        pub const STRUCTS: &[$crate::common::mirror::Struct] = &[$($crate::common::mirror::Struct {
            name: stringify!($name),
            size: size_of::<$name>(),
            fields: &[$($crate::common::mirror::Field {
                name: stringify!($field),
                offset: std::mem::offset_of!($name, $field),
                size: $crate::common::mirror::size_of_field(|all: &$name| &all.$field),
            },)*],
        },)*];
    };
}

/// The size of the field that `_get` gets.
pub const fn size_of_field<T, F>(_get: fn(&T) -> &F) -> usize {
    size_of::<F>()
}

/// A C text that does not compile if a value, a size or an offset is another one.
pub fn claims(constants: &[Constant], structs: &[Struct]) -> String {
    let mut program = String::new();
    let mut claim = |what: &str, value: i128| {
        // Negative constants do not occur; without the suffix C reads the large ones as negative.
        writeln!(program, "_Static_assert(({what}) == {value}ULL, \"not {value}: {what}\");")
            .unwrap();
    };
    for (name, value) in constants {
        claim(name, *value);
    }
    for Struct { name, size, fields } in structs {
        claim(&format!("sizeof(struct {name})"), *size as i128);
        for field in *fields {
            let c_name = field.c_name();
            claim(&format!("offsetof(struct {name}, {c_name})"), field.offset as i128);
            // A field that goes on behind the structure has no size in C.
            if field.size > 0 {
                let size = format!("sizeof(((struct {name} *)0)->{c_name})");
                claim(&size, field.size as i128);
            }
        }
    }
    program
}
