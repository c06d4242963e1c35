//! Global tables: small topics that every instance reads as a whole, asynchronously to the tasks.

use core::any::Any;
use core::fmt;
use core::marker::PhantomData;
use std::sync::Arc;

use crate::record::BoxError;
use crate::topology::Topology;

/// A table that is built from a whole topic. What it says at a moment depends on timing: a decision made from it must
/// carry what it read.
pub trait GlobalTable: Send + Sync + 'static {
    /// Takes in one record of the topic. `None` for the value is a tombstone.
    ///
    /// # Errors
    /// A record that does not decode; the caller counts it and goes on.
    fn apply(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), BoxError>;
}

/// Names a global table of a topology, and its type.
pub struct GlobalHandle<T> {
    pub(crate) index: usize,
    pub(crate) table: PhantomData<fn() -> T>,
}

impl<T> Clone for GlobalHandle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GlobalHandle<T> {}

impl<T> fmt::Debug for GlobalHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GlobalHandle({})", self.index)
    }
}

impl<T> GlobalHandle<T> {
    /// The same handle without its type, for [`crate::topology::ProcessorSpec::globals`].
    #[must_use]
    pub fn id(self) -> GlobalId {
        GlobalId(self.index)
    }
}

/// Names a global table without its type; also its place in [`Topology::global_tables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalId(pub(crate) usize);

/// A global table whose type is erased.
pub(crate) trait ErasedTable: Any + Send + Sync {
    fn apply(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), BoxError>;
    fn as_any(&self) -> &dyn Any;
}

impl<T: GlobalTable> ErasedTable for T {
    fn apply(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), BoxError> {
        GlobalTable::apply(self, key, value)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The content of all global tables of a topology, as far as one reader has read them.
#[derive(Default)]
pub struct Globals {
    tables: Vec<(Arc<str>, Box<dyn ErasedTable>)>,
}

impl Globals {
    /// Every table of `topology`, still empty.
    #[must_use]
    pub fn new(topology: &Topology) -> Self {
        let tables = topology.globals.iter().map(|global| (Arc::clone(&global.spec.topic), (global.make)()));
        Self { tables: tables.collect() }
    }

    /// The topics to read, each from its beginning; a table's place in this order is its number.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<str>> {
        self.tables.iter().map(|(topic, _)| topic)
    }

    /// Takes one record of the topic of table number `table` in. An unknown number is no error: nothing happens.
    ///
    /// # Errors
    /// What the table says of a record that it can not read.
    pub fn apply(&mut self, table: usize, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), BoxError> {
        let Some((_, content)) = self.tables.get_mut(table) else { return Ok(()) };
        content.apply(key, value)
    }

    /// What the table says now; `None` for a handle of another topology.
    #[must_use]
    pub fn get<T: GlobalTable>(&self, handle: GlobalHandle<T>) -> Option<&T> {
        self.tables.get(handle.index).and_then(|(_, table)| (**table).as_any().downcast_ref())
    }
}

impl fmt::Debug for Globals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.topics()).finish()
    }
}
