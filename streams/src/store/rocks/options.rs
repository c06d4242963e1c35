//! How RocksDB is set up, and why.

use rocksdb::{BlockBasedOptions, DBCompressionType, DBRecoveryMode, LogLevel, Options};

use super::memory::{ARENA_BLOCK_BYTES, Memory};
use super::settings::RocksSettings;

/// A power cut may take the end of one log and leave the next: without this the next would be read over the hole.
const NO_HOLES_BETWEEN_LOGS: &str = "track_and_verify_wals=true";
/// Ten bits of a filter per key let one of a hundred vain look-ups through.
const FILTER_BITS_PER_KEY: f64 = 10.0;
/// Level 1, and so the first step of every compaction.
const BASE_LEVEL_BYTES: u64 = 64 << 20;
/// With four of them, the files of level 0 fill level 1.
const TABLE_BYTES: u64 = 16 << 20;
/// What the list of files is given at once, and grows by.
const MANIFEST_BYTES: usize = 64 << 10;
/// After a restore level 0 is long. Readers and compaction cope with that; a writer that waits would lose its partitions, so
/// writes are slowed, and stopped only far beyond.
const SLOWDOWN_FILES: i32 = 64;
const STOP_FILES: i32 = 1024;

/// What concerns a whole database.
pub(super) fn database_options(settings: &RocksSettings, memory: &Memory) -> Result<Options, rocksdb::Error> {
    let mut options = Options::default().get_options_from_string(NO_HOLES_BETWEEN_LOGS)?;
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    options.set_max_total_wal_size(settings.wal_bytes_max);
    options.set_write_buffer_manager(memory.buffers());
    options.set_max_open_files(count(settings.open_files_max));
    options.set_max_background_jobs(count(settings.background_jobs_max));
    // Files reach the disk as they are written, not in one long wait at their end.
    options.set_bytes_per_sync(1 << 20);
    options.set_wal_bytes_per_sync(1 << 20);
    // Each open asks for the size of every file otherwise.
    options.set_skip_stats_update_on_db_open(true);
    // Each open database takes that much of the disk, and there may be hundreds.
    options.set_manifest_preallocation_size(MANIFEST_BYTES);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(1 << 20);
    // Two threads of its own that would write statistics into that log.
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    Ok(options)
}

/// What concerns one column family. All are alike: rows of ordered stores are looked up by key as well, so they have
/// filters, too. There is no prefix extractor, because the application's keys are not the engine's business.
pub(super) fn store_options(memory: &Memory) -> Options {
    let mut tables = BlockBasedOptions::default();
    tables.set_block_cache(memory.cache());
    // In the cache they are bounded. Nothing is pinned there: with many tasks that alone could exceed it.
    tables.set_cache_index_and_filter_blocks(true);
    tables.set_bloom_filter(FILTER_BITS_PER_KEY, false);
    tables.set_whole_key_filtering(true);
    tables.set_optimize_filters_for_memory(true);
    let mut options = Options::default();
    options.set_block_based_table_factory(&tables);
    options.set_write_buffer_size(memory.buffer_bytes());
    options.set_arena_block_size(ARENA_BLOCK_BYTES);
    options.set_max_write_buffer_number(4);
    options.set_max_bytes_for_level_base(BASE_LEVEL_BYTES);
    options.set_target_file_size_base(TABLE_BYTES);
    options.set_level_zero_slowdown_writes_trigger(SLOWDOWN_FILES);
    options.set_level_zero_stop_writes_trigger(STOP_FILES);
    // What is young is rewritten soon: compressing it does not pay.
    let (young, old) = (DBCompressionType::None, DBCompressionType::Lz4);
    options.set_compression_per_level(&[young, young, old, old, old, old, old]);
    options
}

fn count(of: u32) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}
