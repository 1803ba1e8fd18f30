//! What alerts are put together from, written once: devices and kinds of alert with their texts escaped for JSON.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::mix;
use super::pen::escape;
use super::texts::{self, CATEGORIES, HOSTILE};

/// How many devices the customer has.
pub(crate) const MACHINES: u64 = 200;
/// The customer's domain.
pub(crate) const DOMAIN: &str = "practice-customer.example";

/// The fragments of one seed.
pub(crate) struct Prepared {
    pub(crate) machines: Vec<Machine>,
    /// In the order of [`CATEGORIES`].
    pub(crate) categories: Vec<Phrases>,
    /// In the order of [`HOSTILE`], escaped.
    pub(crate) hostile: Vec<String>,
    /// The customer's tenant.
    pub(crate) tenant: String,
    /// Where links to the portal begin.
    pub(crate) portal: String,
}

/// A kind of alert, escaped.
pub(crate) struct Phrases {
    pub(crate) titles: Vec<String>,
    pub(crate) description: String,
    pub(crate) command: String,
    pub(crate) file: String,
    /// Techniques as a JSON array.
    pub(crate) techniques: String,
}

/// A device of the customer. Its texts need no escaping.
pub(crate) struct Machine {
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) dns_name: String,
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) directory_id: String,
    pub(crate) group: &'static str,
    pub(crate) device_tag: &'static str,
    pub(crate) cloud_tag: &'static str,
    /// Both tags as a JSON array.
    pub(crate) tags: String,
}

impl Prepared {
    pub(crate) fn new(seed: u64, tenant: Uuid, portal: String) -> Self {
        Self {
            machines: (0..MACHINES).map(|number| Machine::new(seed, number)).collect(),
            categories: CATEGORIES
                .iter()
                .map(|category| Phrases {
                    titles: category.titles.iter().map(|title| escape(title)).collect(),
                    description: escape(category.description),
                    command: escape(category.command),
                    file: escape(category.file),
                    techniques: array(category.techniques.iter().copied()),
                })
                .collect(),
            hostile: HOSTILE.iter().map(|title| escape(title)).collect(),
            tenant: tenant.to_string(),
            portal,
        }
    }
}

fn array<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    serde_json::Value::from(texts.collect::<Vec<_>>()).to_string()
}

impl Machine {
    fn new(seed: u64, number: u64) -> Self {
        let at = |divisor: u64| usize::try_from(number / divisor).unwrap_or(0);
        let name = format!("desktop-{:07x}", mix(seed ^ number) & 0x0FFF_FFFF);
        let digest =
            Sha256::new().chain_update(seed.to_be_bytes()).chain_update(number.to_be_bytes()).finalize();
        let device_tag = texts::DEVICE_TAGS[at(3) % texts::DEVICE_TAGS.len()];
        let cloud_tag = texts::CLOUD_TAGS[at(5) % texts::CLOUD_TAGS.len()];
        Self {
            number,
            dns_name: format!("{name}.{DOMAIN}"),
            name,
            id: digest.iter().take(20).fold(String::with_capacity(40), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            }),
            address: format!("192.168.{}.{}", 1 + number / 100, 10 + number % 100),
            directory_id: crate::directory::id(seed, &format!("device {number}")).to_string(),
            group: texts::GROUPS[at(1) % texts::GROUPS.len()],
            device_tag,
            cloud_tag,
            tags: array([device_tag, cloud_tag].into_iter().filter(|tag| !tag.is_empty())),
        }
    }
}
