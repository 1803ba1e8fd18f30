//! The real readers of each format see the values that were put in, for every value on which one of them stumbles.
//!
//! Files are rendered by the product's own crate and read by programs that are not ours: Java, Splunk's parser, ksconf,
//! splunk-appinspect, `PyYAML`, ruamel, js-yaml, xmllint, curl, bash, python-dotenv, Google's types, and node's `vm`.

#[cfg(test)]
mod peers;
#[cfg(test)]
mod sets;
