//! The forge's output, judged by programs that know nothing of it: openssl, xmlsec1, Python's zipfile.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;

#[test]
fn first() {
    let t = std::time::Instant::now();
    let world = forge::world::World::new(1);
    println!("world {:?}", t.elapsed());
    let all = world.mixed(24);
    println!("mixed {:?}", t.elapsed());
    let dir = std::path::Path::new("/tmp/forge/out");
    std::fs::create_dir_all(dir).unwrap();
    for s in &all {
        std::fs::write(dir.join(format!("{}.eml", s.name)), &s.raw).unwrap();
        
    }
    world.trust_folder(&dir.join("trust"));
    world.intermediates(&dir.join("intermediates"));
    world.revocation(&dir.join("revocation"));
    std::fs::write(dir.join("bundle.pem"), world.pem_bundle()).unwrap();
}
