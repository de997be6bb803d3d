//! A bucket, a CDN that caches all it can, visitors with old tabs, and deploys that die at a given step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::{SignedDuration, Timestamp};

use super::options;
use crate::apply::apply;
use crate::store::{Body, Object, Store, Stored, When};
use crate::{Applied, Digest, Files, GRACE, Headers, INDEX, KEY, Plan, Progress, Work, observe, plan};

/// At which of its calls a deploy dies, and whether that call still took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Death {
    pub(super) step: usize,
    pub(super) took_effect: bool,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) objects: BTreeMap<String, (Vec<u8>, Headers)>,
    pub(super) edge: BTreeMap<String, Vec<u8>>,
    pub(super) now: Timestamp,
    pub(super) cdn_refuses: bool,
    /// Whether the laws are checked after each call; not where somebody else breaks the site.
    pub(super) lawful: bool,
    /// Puts, deletes and invalidations.
    pub(super) changes: usize,
    /// The documents that were served, with the time of their replacement.
    replaced: Vec<(Vec<u8>, Timestamp)>,
}

/// One deploy's view of the world.
#[derive(Clone, Debug)]
pub(super) struct Deployer {
    world: Arc<Mutex<World>>,
    calls: Arc<Mutex<usize>>,
    death: Option<Death>,
}

impl World {
    pub(super) fn new() -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            objects: BTreeMap::new(),
            edge: BTreeMap::new(),
            now: Timestamp::UNIX_EPOCH,
            cdn_refuses: false,
            lawful: true,
            changes: 0,
            replaced: Vec::new(),
        }))
    }

    pub(super) fn wait(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
    }

    /// Keys of the site.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        self.objects.keys().filter(|key| *key != KEY).cloned().collect()
    }

    fn put(&mut self, key: &str, bytes: Vec<u8>, headers: Headers) {
        let old = self.objects.insert(key.to_owned(), (bytes, headers));
        if let (INDEX, Some((old, _))) = (key, old) {
            self.replaced.push((old, self.now));
        }
    }

    /// Everything that a document names is there: the one that is served, and those that open tabs still show.
    /// Visitors ask for just that, and the CDN keeps what they get.
    fn check(&mut self) {
        let served = self.objects.get(INDEX).map(|(bytes, _)| bytes);
        let recent =
            self.replaced.iter().filter(|(_, at)| self.now.duration_since(*at) < GRACE).map(|(bytes, _)| bytes);
        // What a stranger wrote in the place of a document names nothing.
        let documents = recent.chain(served).filter_map(|bytes| std::str::from_utf8(bytes).ok());
        for name in documents.flat_map(str::lines).chain([INDEX]) {
            match self.objects.get(name) {
                Some((bytes, _)) => drop(self.edge.entry(name.to_owned()).or_insert_with(|| bytes.clone())),
                None => assert!(!self.lawful || name == INDEX, "a document names `{name}`, which is gone"),
            }
        }
    }

    /// The site is exactly this one, in the bucket and at the edge.
    pub(super) fn assert_is(&self, files: &Files) {
        for file in files.iter() {
            let (key, bytes) = (file.key.to_string(), files.made(file.key).expect("made here").bytes.to_vec());
            let wanted = (bytes.clone(), files.headers(file).clone());
            assert_eq!(self.objects.get(&key), Some(&wanted), "`{key}` in the bucket");
            assert_eq!(self.edge.get(&key).unwrap_or(&bytes), &bytes, "`{key}` at the edge");
        }
    }
}

impl Deployer {
    pub(super) fn new(world: &Arc<Mutex<World>>, death: Option<Death>) -> Self {
        Self { world: Arc::clone(world), calls: Arc::default(), death }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn calls(&self) -> usize {
        *self.calls.lock().unwrap()
    }

    pub(super) async fn deploy(&self, files: &Files) -> anyhow::Result<(Plan, Applied)> {
        let now = self.world().now;
        run(self, files, now).await
    }

    fn call<T>(&self, effect: impl FnOnce(&mut World) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let step = {
            let mut calls = self.calls.lock().unwrap();
            *calls += 1;
            *calls - 1
        };
        let mut world = self.world();
        world.check();
        let done = match self.death {
            Some(death) if step > death.step => anyhow::bail!("dead"),
            Some(death) if step == death.step && !death.took_effect => anyhow::bail!("killed before the call"),
            _ => effect(&mut world),
        };
        world.check();
        match self.death {
            Some(death) if step == death.step => anyhow::bail!("killed after the call"),
            _ => done,
        }
    }
}

/// Observe, plan, apply.
pub(super) async fn run<S: Store>(store: &S, files: &Files, now: Timestamp) -> anyhow::Result<(Plan, Applied)> {
    let mut work = observe(store, files.clone()).await?;
    let plan = plan(&work, &options(), now)?;
    let applied = apply(store, &mut work, &plan, &options(), &Progress::default()).await?;
    Ok((plan, applied))
}

pub(super) fn etag(bytes: &[u8]) -> String {
    Digest::of(bytes).hex()[..32].to_owned()
}

impl Store for Deployer {
    async fn observe(&self, work: &mut Work) -> anyhow::Result<()> {
        tokio::task::yield_now().await;
        self.call(|world| {
            if let Some((bytes, _)) = world.objects.get(KEY) {
                let mut incoming = work.incoming();
                incoming.read(bytes);
                incoming.end(etag(bytes))?;
            }
            for key in world.keys() {
                work.object(&key, &etag(&world.objects[&key].0));
            }
            for at in work.undescribed() {
                let (bytes, headers) = &world.objects[work.files().at(at).key];
                work.describe(at, Some(Digest::of(bytes)), headers.clone())?;
            }
            Ok(())
        })
    }

    fn window(&self) -> usize {
        4
    }

    async fn put(&self, object: Object, when: When) -> anyhow::Result<Option<Stored>> {
        tokio::task::yield_now().await;
        let (bytes, digest) = match object.body {
            Body::Bytes(bytes, digest) => (bytes.to_vec(), digest),
            Body::Pieces(pieces) => (pieces.begin().collect::<Result<Vec<_>, _>>()?.concat(), pieces.digest),
            Body::File(..) => panic!("test sites are small"),
        };
        self.call(|world| {
            let found = world.objects.get(&object.key).map(|(bytes, _)| etag(bytes));
            let holds = match when {
                When::Always => true,
                When::Absent => found.is_none(),
                When::Etag(wanted) => found == Some(wanted),
            };
            let new = etag(&bytes);
            if holds {
                world.changes += 1;
                world.put(&object.key, bytes, object.headers);
            }
            Ok(holds.then_some(Stored { etag: new, digest }))
        })
    }

    async fn delete(&self, keys: &[String]) -> anyhow::Result<()> {
        // One call each, so that a death between two keys is among the tested.
        for key in keys {
            self.call(|world| {
                world.changes += 1;
                world.objects.remove(key);
                Ok(())
            })?;
        }
        Ok(())
    }

    async fn invalidate(&self, paths: &[String]) -> anyhow::Result<()> {
        self.call(|world| {
            anyhow::ensure!(!world.cdn_refuses, "TooManyInvalidationsInProgress");
            world.changes += 1;
            for path in paths {
                match path.strip_suffix('*') {
                    Some(folder) => world.edge.retain(|key, _| !format!("/{key}").starts_with(folder)),
                    None => drop(world.edge.remove(path.trim_start_matches('/'))),
                }
            }
            Ok(())
        })
    }
}

/// Runs another deploy, whole, right before the given call of this one.
#[derive(Clone, Debug)]
pub(super) struct Overtaken {
    pub(super) own: Deployer,
    pub(super) step: usize,
    pub(super) other: Files,
}

impl Overtaken {
    async fn overtake(&self) {
        if self.own.calls() == self.step {
            let other = Deployer::new(&self.own.world, None);
            Box::pin(other.deploy(&self.other)).await.expect("the faster deploy meets nobody");
        }
    }
}

impl Store for Overtaken {
    async fn observe(&self, work: &mut Work) -> anyhow::Result<()> {
        self.overtake().await;
        self.own.observe(work).await
    }

    fn window(&self) -> usize {
        4
    }

    async fn put(&self, object: Object, when: When) -> anyhow::Result<Option<Stored>> {
        self.overtake().await;
        self.own.put(object, when).await
    }

    async fn delete(&self, keys: &[String]) -> anyhow::Result<()> {
        self.overtake().await;
        self.own.delete(keys).await
    }

    async fn invalidate(&self, paths: &[String]) -> anyhow::Result<()> {
        self.overtake().await;
        self.own.invalidate(paths).await
    }
}
