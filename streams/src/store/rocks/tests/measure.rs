#![allow(clippy::disallowed_methods)]
use super::*;
use crate::store::memory::MemoryBackends;
use std::time::Instant;

fn measure(name: &str, provider: &dyn BackendProvider) {
    let mut backend = provider.open(TASK, &specs()).unwrap();
    let mut at = 0;
    let mut go = |label: &str, backend: &mut dyn Backend, rounds: u64| {
        let t = Instant::now();
        let mut build = std::time::Duration::ZERO;
        for round in 0..rounds {
            let b = Instant::now();
            let w: Vec<_> = (0..10_000_u64)
                .map(|r| put(0, &((r * 7_919 + round * 13) % 100_003).to_be_bytes(), &[r as u8; 100]))
                .collect();
            build += b.elapsed();
            at += 100;
            commit(backend, at, w);
        }
        let us = (t.elapsed() - build).as_secs_f64() * 1e6 / (rounds * 10_000) as f64;
        println!("{name}: {label}: apply {us:.2} us per row, {:.1} ms per batch of 10,000", us * 10.0);
    };
    go("first 20 batches", &mut *backend, 20);
    go("next 100 batches", &mut *backend, 100);
    let gets = |label: &str, backend: &dyn Backend| {
        let mut value = Vec::new();
        let t = Instant::now();
        let mut found = 0;
        for r in 0..200_000_u64 {
            found +=
                u32::from(backend.get(StoreIndex(0), &((r * 104_729) % 100_003).to_be_bytes(), &mut value).unwrap());
        }
        println!("{name}: {label}: get {:.2} us ({found} found)", t.elapsed().as_secs_f64() * 1e6 / 200_000.0);
        let t = Instant::now();
        for r in 0..200_000_u64 {
            backend.get(StoreIndex(0), &(r + 1_000_000).to_be_bytes(), &mut value).unwrap();
        }
        println!("{name}: {label}: get of nothing {:.2} us", t.elapsed().as_secs_f64() * 1e6 / 200_000.0);
    };
    gets("after writes", &*backend);
    let key = |session: u64, pane: u64| [session.to_be_bytes(), pane.to_be_bytes()].concat();
    for pane in 0..60 {
        let w = (0..2_000).map(|session| put(1, &key(session, pane), &[3; 100])).collect();
        at += 100;
        commit(&mut *backend, at, w);
    }
    let scans = |label: &str, backend: &dyn Backend| {
        let (mut rows, mut sum) = (0_u64, 0);
        let t = Instant::now();
        for s in 0..5_000_u64 {
            let session = (s * 911) % 2_000;
            backend
                .scan(StoreIndex(1), &key(session, 0), &key(session, 60), &mut |_, v| {
                    rows += 1;
                    sum += v.len();
                    ControlFlow::Continue(())
                })
                .unwrap();
        }
        let us = t.elapsed().as_secs_f64() * 1e6;
        println!(
            "{name}: {label}: scan of 60 panes {:.1} us, {:.3} us per row ({sum})",
            us / 5_000.0,
            us / rows as f64
        );
    };
    scans("after writes", &*backend);
    drop(backend);
    let t = Instant::now();
    let backend = provider.open(TASK, &specs()).unwrap();
    println!("{name}: reopened in {:.1} ms", t.elapsed().as_secs_f64() * 1e3);
    gets("from files", &*backend);
    scans("from files", &*backend);
}

#[test]
#[ignore]
fn measure_all() {
    measure("memory", &MemoryBackends::default());
    let d = TempDir::new().unwrap();
    measure("rocks", &RocksBackends::new(RocksSettings::new(d.path(), APPLICATION)).unwrap());
}

#[test]
#[ignore]
fn measure_restore() {
    for bulk in [true, false] {
        let d = TempDir::new().unwrap();
        let provider = RocksBackends::new(RocksSettings::new(d.path(), APPLICATION)).unwrap();
        let mut backend = provider.open(TASK, &specs()).unwrap();
        let t = Instant::now();
        if bulk {
            backend.begin_restore().unwrap();
        }
        for batch in 0..100_u64 {
            let w: Vec<_> = (0..40_000_u64)
                .map(|r| put(1, &(((batch * 40_000 + r) * 7_919) % 4_000_037).to_be_bytes(), &[r as u8; 100]))
                .collect();
            commit(&mut *backend, batch as i64, w);
        }
        let w = t.elapsed();
        let during = provider.statistics().unwrap().tasks[&TASK];
        backend.end_restore().unwrap();
        let t2 = Instant::now();
        let n = rows(&*backend).len();
        println!(
            "bulk {bulk}: 4,000,000 rows written in {:.2} s; {during:?}; scan of {n} right after {:.2} s",
            w.as_secs_f64(),
            t2.elapsed().as_secs_f64()
        );
        let t3 = Instant::now();
        drop(backend);
        println!("closed in {:.2} s", t3.elapsed().as_secs_f64());
        let t3 = Instant::now();
        drop(provider.open(TASK, &specs()).unwrap());
        println!("opened in {:.2} s", t3.elapsed().as_secs_f64());
    }
}

#[test]
#[ignore]
fn measure_open() {
    let d = TempDir::new().unwrap();
    let provider = RocksBackends::new(RocksSettings::new(d.path(), APPLICATION)).unwrap();
    for _ in 0..5 {
        let t = Instant::now();
        let mut backend = provider.open(TASK, &specs()).unwrap();
        let opened = t.elapsed();
        commit(&mut *backend, 1, vec![put(0, b"a", b"1"), put(1, b"a", b"1")]);
        let t = Instant::now();
        drop(backend);
        println!("open {:.1} ms, close {:.1} ms", opened.as_secs_f64() * 1e3, t.elapsed().as_secs_f64() * 1e3);
    }
    let mut backend = provider.open(TASK, &specs()).unwrap();
    let t = Instant::now();
    backend.clear().unwrap();
    println!("clear {:.1} ms", t.elapsed().as_secs_f64() * 1e3);
}
