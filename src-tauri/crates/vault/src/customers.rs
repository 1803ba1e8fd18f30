//! Customers: what is known of each, without its secrets.
//!
//! A record is not secret, but it says to which hosts secrets are sent: each carries a mark made with the vault's key,
//! and a record that was changed by anybody else is refused.

use std::num::NonZero;
use std::thread;

use catalog::{GrantKind, Region, SourceId};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{CustomerNameProblem, Damage, VaultError};
use crate::key::Key;
use crate::seal::{self, Label};
use crate::secrets::{self, SecretKind};
use crate::store;
use crate::vault::Vault;

const LONGEST_NAME: usize = 200;
/// Fewer records than this are not worth a thread.
const SMALLEST_SHARE: usize = 500;

/// A customer as the vault keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// Stable id, a UUID.
    pub id: String,
    /// For people; unique, case makes no difference.
    pub name: String,
    /// GUID.
    pub tenant_id: String,
    /// As entered, when that was a domain.
    pub tenant_domain: Option<String>,
    /// Its cloud, as the caller serialised it.
    pub cloud: serde_json::Value,
    /// Region of the legacy exporter.
    pub region: Option<Region>,
    /// The SIEM, once chosen.
    pub connector: Option<String>,
    /// Where alerts come from.
    pub source: SourceId,
    /// How access is had.
    pub grant: GrantKind,
    /// The provider's tenant.
    pub home_tenant: Option<String>,
    /// Application (client) id, once known.
    pub client_id: Option<String>,
    /// Redirect URI as registered.
    pub redirect_uri: Option<String>,
    /// End date of the app's secret.
    pub secret_expires: Option<Date>,
    /// Step 2's result.
    pub consent: Option<ConsentRecord>,
    /// What the customer's admin was asked, while step 2 is in other hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff: Option<HandoffRecord>,
    /// When the API first answered (step 3).
    pub authorised_at: Option<Timestamp>,
    /// What was written last, as the caller serialised it.
    pub export: Option<serde_json::Value>,
    /// The last proof, as the caller serialised it.
    pub proof: Option<serde_json::Value>,
    /// When the customer was added.
    pub added: Timestamp,
}

/// Step 2's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// When.
    pub at: Timestamp,
    /// The account that signed in, where a person did.
    pub account: Option<String>,
    /// What the token really carries.
    pub granted: Vec<String>,
    /// When an unused lasting sign-in ends.
    pub unused_until: Option<Timestamp>,
}

/// A packet for the customer's admin that waits for its answer. It holds no secret: all of it is in the packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoffRecord {
    /// When it was made.
    pub made: Timestamp,
    /// Until when its answer is taken.
    pub until: Timestamp,
    /// The address at which the admin agrees, with its `state`.
    pub link: String,
    /// The redirect URI in it.
    pub redirect_uri: String,
    /// When the admin's answer was recorded; a person still has to sign in then.
    pub agreed_at: Option<Timestamp>,
}

/// What is known of a customer at first.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCustomer {
    /// For people.
    pub name: String,
    /// GUID.
    pub tenant_id: String,
    /// As entered, when that was a domain.
    pub tenant_domain: Option<String>,
    /// Its cloud, as the caller serialises it.
    pub cloud: serde_json::Value,
    /// Region of the legacy exporter.
    pub region: Option<Region>,
    /// The SIEM, when chosen.
    pub connector: Option<String>,
    /// Where alerts come from.
    pub source: SourceId,
    /// How access is had.
    pub grant: GrantKind,
    /// The provider's tenant.
    pub home_tenant: Option<String>,
    /// Application (client) id, when known.
    pub client_id: Option<String>,
    /// Redirect URI as registered.
    pub redirect_uri: Option<String>,
    /// End date of the app's secret.
    pub secret_expires: Option<Date>,
    /// Now.
    pub added: Timestamp,
}

impl NewCustomer {
    /// The customer as it begins: no step is done.
    pub fn with_id(self, id: String) -> Customer {
        Customer {
            id,
            name: self.name,
            tenant_id: self.tenant_id,
            tenant_domain: self.tenant_domain,
            cloud: self.cloud,
            region: self.region,
            connector: self.connector,
            source: self.source,
            grant: self.grant,
            home_tenant: self.home_tenant,
            client_id: self.client_id,
            redirect_uri: self.redirect_uri,
            secret_expires: self.secret_expires,
            consent: None,
            handoff: None,
            authorised_at: None,
            export: None,
            proof: None,
            added: self.added,
        }
    }
}

/// What was removed with a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct ForgetReport {
    /// The customer as it was.
    pub customer: Customer,
    /// The sealed secrets that it had.
    pub secrets: Vec<SecretKind>,
    /// Rows about the customer that were found afterwards, outside the journal: none.
    pub remaining: u64,
    /// Entries of the journal that mention the customer's id. The journal is never shortened.
    pub journal_entries: u64,
    /// The file was rewritten without what was removed. Otherwise it was overwritten in place.
    pub compacted: bool,
}

impl Vault {
    /// Adds a customer.
    ///
    /// # Errors
    ///
    /// [`VaultError::Name`] or [`VaultError::NameTaken`].
    pub fn add(&self, new: NewCustomer) -> Result<Customer, VaultError> {
        self.change(|connection| insert(connection, new, &self.key, &self.id))
    }

    /// Adds many customers: all of them or none.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add), for the first that cannot be added.
    pub fn add_all(&self, new: Vec<NewCustomer>) -> Result<Vec<Customer>, VaultError> {
        self.change(|connection| {
            new.into_iter().map(|new| insert(connection, new, &self.key, &self.id)).collect()
        })
    }

    /// All customers, by name.
    ///
    /// # Errors
    ///
    /// [`VaultError::Damaged`] when a record was changed by somebody else.
    pub fn list(&self) -> Result<Vec<Customer>, VaultError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT id, record, mark FROM customer ORDER BY name_key")?;
        let mut rows = statement.query([])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.push(Record::read(row)?);
        }
        open_all(&records, &self.key, &self.id)
    }

    /// The customer with this id.
    ///
    /// # Errors
    ///
    /// [`VaultError::NoSuchCustomer`].
    pub fn get(&self, id: &str) -> Result<Customer, VaultError> {
        by_id(&self.connection(), id, &self.key, &self.id)?
            .ok_or_else(|| VaultError::NoSuchCustomer { id: id.to_owned() })
    }

    /// The customer with this id or, failing that, this name; case makes no difference.
    ///
    /// # Errors
    ///
    /// [`VaultError::Damaged`] when the record was changed by somebody else.
    pub fn find(&self, name_or_id: &str) -> Result<Option<Customer>, VaultError> {
        let connection = self.connection();
        if let Some(customer) = by_id(&connection, &name_or_id.trim().to_lowercase(), &self.key, &self.id)? {
            return Ok(Some(customer));
        }
        one(&connection, "name_key", &name_key(name_or_id), &self.key, &self.id)
    }

    /// Keeps a customer's new state.
    ///
    /// # Errors
    ///
    /// [`VaultError::NoSuchCustomer`], [`VaultError::Name`] or [`VaultError::NameTaken`].
    pub fn update(&self, customer: &Customer) -> Result<(), VaultError> {
        let name = check_name(&customer.name)?;
        let customer = Customer { name, ..customer.clone() };
        let (record, mark) = record_of(&customer, &self.key, &self.id)?;
        self.change(|connection| {
            refuse_id(connection, &customer.name, Some(&customer.id))?;
            let changed = connection
                .prepare_cached("UPDATE customer SET name_key = ?2, record = ?3, mark = ?4 WHERE id = ?1")?
                .execute(params![customer.id, name_key(&customer.name), record, mark])
                .map_err(|error| taken(error, &customer.name))?;
            if changed == 0 { Err(VaultError::NoSuchCustomer { id: customer.id.clone() }) } else { Ok(()) }
        })
    }

    /// Removes a customer with all its secrets, rewrites the file without them, and looks again.
    ///
    /// What Microsoft keeps (consent, app, sign-ins) is not touched by this.
    ///
    /// # Errors
    ///
    /// [`VaultError::NoSuchCustomer`].
    pub fn forget(&self, id: &str) -> Result<ForgetReport, VaultError> {
        let (customer, secrets) = self.change(|connection| {
            let customer = by_id(connection, id, &self.key, &self.id)?
                .ok_or_else(|| VaultError::NoSuchCustomer { id: id.to_owned() })?;
            let secrets = secrets::kinds_of(connection, id)?;
            connection.execute("DELETE FROM secret WHERE customer = ?1", [id])?;
            connection.execute("DELETE FROM customer WHERE id = ?1", [id])?;
            Ok((customer, secrets))
        })?;
        let connection = self.connection();
        let compacted = match store::compact(&connection) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(reason = %error, "the vault could not be rewritten after a customer was removed");
                false
            }
        };
        let (remaining, journal_entries) = connection.query_row(
            "SELECT (SELECT count(*) FROM customer WHERE id = ?1 OR record LIKE '%' || ?1 || '%')
                  + (SELECT count(*) FROM secret WHERE customer = ?1),
                    (SELECT count(*) FROM journal WHERE customer = ?1)",
            [id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(ForgetReport { customer, secrets, remaining, journal_entries, compacted })
    }
}

/// Marks every record anew, for a new key.
pub(crate) fn mark_all(connection: &Connection, key: &Key, vault: &str) -> Result<(), VaultError> {
    let mut read = connection.prepare("SELECT id, record FROM customer")?;
    let mut write = connection.prepare("UPDATE customer SET mark = ?2 WHERE id = ?1")?;
    let records = read
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(String, String)>, _>>()?;
    for (id, record) in records {
        let mark = seal::mark(key, label(vault, &id), record.as_bytes())?;
        write.execute(params![id, mark])?;
    }
    Ok(())
}

fn insert(connection: &Connection, new: NewCustomer, key: &Key, vault: &str) -> Result<Customer, VaultError> {
    let name = check_name(&new.name)?;
    refuse_id(connection, &name, None)?;
    let customer = NewCustomer { name, ..new }.with_id(Uuid::new_v4().to_string());
    let (record, mark) = record_of(&customer, key, vault)?;
    connection
        .prepare_cached("INSERT INTO customer (id, name_key, record, mark) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![customer.id, name_key(&customer.name), record, mark])
        .map_err(|error| taken(error, &customer.name))?;
    Ok(customer)
}

fn by_id(connection: &Connection, id: &str, key: &Key, vault: &str) -> Result<Option<Customer>, VaultError> {
    one(connection, "id", id, key, vault)
}

fn one(
    connection: &Connection,
    column: &str,
    value: &str,
    key: &Key,
    vault: &str,
) -> Result<Option<Customer>, VaultError> {
    connection
        .prepare_cached(&format!("SELECT id, record, mark FROM customer WHERE {column} = ?1"))?
        .query_row([value], |row| Ok(Record::read(row)))
        .optional()?
        .map(|record| record?.open(key, vault))
        .transpose()
}

/// A customer's row, believed by nobody yet.
struct Record {
    id: String,
    text: String,
    mark: Vec<u8>,
}

impl Record {
    fn read(row: &Row<'_>) -> Result<Self, VaultError> {
        let read = || Ok(Self { id: row.get(0)?, text: row.get(1)?, mark: row.get(2)? });
        read().map_err(|error: rusqlite::Error| VaultError::from(error).or_damaged(Damage::Customer))
    }

    fn open(&self, key: &Key, vault: &str) -> Result<Customer, VaultError> {
        let damaged = || VaultError::damaged(Damage::Customer);
        seal::check_mark(key, label(vault, &self.id), self.text.as_bytes(), &self.mark)
            .map_err(|seal::Broken| damaged())?;
        let customer: Customer = serde_json::from_str(&self.text).map_err(|_| damaged())?;
        if customer.id == self.id { Ok(customer) } else { Err(damaged()) }
    }
}

/// Opens records in their order. Of thousands, every processor takes a share: the window waits for this list.
fn open_all(records: &[Record], key: &Key, vault: &str) -> Result<Vec<Customer>, VaultError> {
    let open =
        |share: &[Record]| share.iter().map(|record| record.open(key, vault)).collect::<Result<Vec<_>, _>>();
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let share = records.len().div_ceil(processors).max(SMALLEST_SHARE);
    let mut shares = records.chunks(share);
    let first = shares.next().unwrap_or_default();
    thread::scope(|scope| {
        let others: Vec<_> = shares.map(|share| scope.spawn(move || open(share))).collect();
        let mut customers = open(first)?;
        for other in others {
            customers.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(customers)
    })
}

fn record_of(customer: &Customer, key: &Key, vault: &str) -> Result<(String, Vec<u8>), VaultError> {
    // Strings, numbers and values that came from JSON: nothing here that JSON cannot hold.
    let record = serde_json::to_string(customer).map_err(|_| VaultError::damaged(Damage::Customer))?;
    let mark = seal::mark(key, label(vault, &customer.id), record.as_bytes())?;
    Ok((record, mark))
}

fn label<'a>(vault: &'a str, customer: &'a str) -> Label<'a> {
    Label { vault, customer, kind: "customer-record", generation: 0 }
}

fn check_name(name: &str) -> Result<String, VaultError> {
    let name = name.trim();
    let problem = if name.is_empty() {
        CustomerNameProblem::Empty
    } else if name.chars().count() > LONGEST_NAME {
        CustomerNameProblem::TooLong
    } else if name.chars().any(char::is_control) {
        CustomerNameProblem::Control
    } else {
        return Ok(name.to_owned());
    };
    Err(VaultError::Name { problem })
}

fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A name that is another customer's id would name two of them, of which the id goes before.
fn refuse_id(connection: &Connection, name: &str, own: Option<&str>) -> Result<(), VaultError> {
    let id = name.to_lowercase();
    if own == Some(id.as_str()) {
        return Ok(());
    }
    let known: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM customer WHERE id = ?1)")?
        .query_row([id], |row| row.get(0))?;
    if known { Err(VaultError::NameTaken { name: name.to_owned() }) } else { Ok(()) }
}

fn taken(error: rusqlite::Error, name: &str) -> VaultError {
    if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
        VaultError::NameTaken { name: name.to_owned() }
    } else {
        error.into()
    }
}
