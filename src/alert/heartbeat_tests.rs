use super::*;
use crate::alert::notice::{Cause, Level};

const MAX_AGE: Duration = Duration::from_secs(600);

fn at(minutes: u64) -> Timestamp {
    later("2026-11-23T09:00:00Z".parse().unwrap(), Duration::from_secs(minutes * 60))
}

fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heartbeat.json");
    (folder, path)
}

#[test]
fn a_fresh_beat_is_life_and_an_old_a_future_a_broken_or_a_missing_one_is_not() {
    let (_folder, path) = folder();
    let alive = |now| check(&path, MAX_AGE, now) == Health::Alive;
    assert!(!alive(at(0)));
    write(&path, &Beat::new(at(0))).unwrap();
    assert!(alive(at(0)) && alive(at(10)));
    assert!(!alive(at(11)));
    write(&path, &Beat::new(at(60))).unwrap();
    assert!(!alive(at(0)));
    fs::write(&path, b"{\"at\":").unwrap();
    assert!(!alive(at(0)));
}

#[test]
fn a_proper_stop_is_told_as_a_stop() {
    let (_folder, path) = folder();
    write(&path, &Beat::stopped(at(0))).unwrap();
    let health = check(&path, MAX_AGE, at(1));
    assert_eq!(
        health,
        Health::Dead {
            last: Some(at(0)),
            stopped: true
        }
    );
    let notice = decide(&health, Alarm::default(), at(1)).unwrap();
    assert_eq!((notice.cause, notice.level), (Cause::DaemonDead, Level::Critical));
    assert!(notice.title.tr.contains("DURDURULDU"));
}

#[test]
fn a_death_is_told_at_once_then_hourly_and_its_end_once() {
    let dead = Health::Dead {
        last: None,
        stopped: false,
    };
    let told = Alarm { told: Some(at(0)) };
    assert!(decide(&dead, Alarm::default(), at(0)).is_some());
    assert!(decide(&dead, told, at(5)).is_none());
    assert!(decide(&dead, told, at(60)).is_some());
    assert!(decide(&Health::Alive, told, at(5)).is_some_and(|notice| notice.key == "heartbeat/cleared"));
    assert!(decide(&Health::Alive, Alarm::default(), at(5)).is_none());
    // A clock that was set back must not silence the alarm.
    assert!(decide(&dead, Alarm { told: Some(at(500)) }, at(5)).is_some());
}

#[tokio::test]
async fn an_alarm_that_reached_nobody_is_not_remembered() {
    let (_folder, path) = folder();
    let config = AlertConfig::default();
    let dispatcher = Dispatcher::new(&config, &Default::default(), std::sync::Arc::new(crate::clock::SystemClock)).unwrap();
    for minute in [0, 5] {
        let watch = watch(&path, MAX_AGE, &dispatcher, &config, at(minute)).await.unwrap();
        assert!(watch.unheard && watch.health != Health::Alive);
    }
    assert!(!path.with_extension("alarm").exists());
}
