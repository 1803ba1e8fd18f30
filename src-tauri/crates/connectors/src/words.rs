//! Enums whose values are words on the wire: one list, one spelling.

macro_rules! words {
    ($(#[$doc:meta])+ $type:ident { $($(#[$vdoc:meta])+ $name:ident = $text:literal,)+ }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type {
            $($(#[$vdoc])+ $name,)+
        }

        impl $type {
            /// All of them, so that a caller can prove that it has a text for each.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The kebab-case word by which callers know it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;
