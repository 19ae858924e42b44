//! Where everything random of the forge comes from: keys, serials and nonces are drawn from a stream that begins with the name of the test.
//! Every run of a test makes the same bytes, on every machine and beside any number of other tests, so that what is cut, flipped or mutated
//! in them is always the same and a failure comes again. `KEP_FORGE_SEED` makes other bytes: a number for whoever looks further than CI does.

use std::cell::RefCell;
use std::sync::LazyLock;

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::{EcGroup, EcGroupRef, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::nid::Nid;
use openssl::pkey::Private;
use openssl::rsa::{Rsa, RsaPrivateKeyBuilder};
use openssl::sha::sha512;

static SEED: LazyLock<String> = LazyLock::new(|| std::env::var("KEP_FORGE_SEED").unwrap_or_default());

/// SHA-512 of what it is for, counted up.
struct Stream {
    label: Vec<u8>,
    block: u64,
}

impl Stream {
    fn of(label: &[u8]) -> Self {
        Self {
            label: [label, b" ", SEED.as_bytes()].concat(),
            block: 0,
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(64) {
            self.block += 1;
            let block = sha512(&[&self.label[..], &self.block.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

thread_local! {
    /// The thread of a test bears the test's name.
    static STREAM: RefCell<Stream> = RefCell::new(Stream::of(std::thread::current().name().unwrap_or_default().as_bytes()));
}

/// Makes something out of a stream of its own: it is the same whoever makes it first, and whatever was made before.
pub fn apart<T>(label: &str, make: impl FnOnce() -> T) -> T {
    let outer = STREAM.replace(Stream::of(label.as_bytes()));
    let made = make();
    STREAM.set(outer);
    made
}

pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    STREAM.with_borrow_mut(|stream| stream.fill(&mut bytes));
    bytes
}

fn number(bits: usize) -> BigNum {
    let mut bytes = vec![0; bits.div_ceil(8)];
    STREAM.with_borrow_mut(|stream| stream.fill(&mut bytes));
    BigNum::from_slice(&bytes).unwrap()
}

fn one() -> BigNum {
    BigNum::from_u32(1).unwrap()
}

/// 1 up to one less than `order`, from so many more bits that no value is likelier than another.
fn scalar(wide: &BigNumRef, order: &BigNumRef) -> BigNum {
    &(wide % &(order - &one())) + &one()
}

pub fn ec_key(curve: Nid) -> EcKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    let (order, mut context) = (order(&group), BigNumContext::new().unwrap());
    let secret = scalar(&number(512), &order);
    let mut public = EcPoint::new(&group).unwrap();
    public.mul_generator2(&group, &secret, &mut context).unwrap();
    EcKey::from_private_components(&group, &secret, &public).unwrap()
}

fn order(group: &EcGroupRef) -> BigNum {
    let mut order = BigNum::new().unwrap();
    group.order(&mut order, &mut BigNumContext::new().unwrap()).unwrap();
    order
}

/// ECDSA whose nonce is a digest of key and message, as RFC 6979 has it in another way: the same signature of the same octets, always.
pub fn ecdsa(key: &EcKey<Private>, digest: &[u8]) -> Vec<u8> {
    let (group, mut context) = (key.group(), BigNumContext::new().unwrap());
    let order = order(group);
    let nonce = {
        let seed = sha512(&[&key.private_key().to_vec(), digest].concat());
        scalar(&BigNum::from_slice(&seed).unwrap(), &order)
    };
    let mut point = EcPoint::new(group).unwrap();
    point.mul_generator2(group, &nonce, &mut context).unwrap();
    let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
    point.affine_coordinates(group, &mut x, &mut y, &mut context).unwrap();
    let r = &x % &order;
    // FIPS 186-5 6.4: the leftmost bits of the digest, as many as the order has.
    let leftmost = digest.len().min(order.num_bytes() as usize);
    let z = BigNum::from_slice(&digest[..leftmost]).unwrap();
    let sum = &(&(&r * key.private_key()) + &z) % &order;
    let mut inverse = BigNum::new().unwrap();
    inverse.mod_inverse(&nonce, &order, &mut context).unwrap();
    let s = &(&inverse * &sum) % &order;
    EcdsaSig::from_private_components(r, s).unwrap().to_der().unwrap()
}

/// FIPS 186-5 A.1.3 as far as a test needs it: two primes of half the bits each, whose two highest bits are set.
pub fn rsa_key(bits: usize) -> Rsa<Private> {
    let (p, q) = (prime(bits / 2), prime(bits / 2));
    let (p, q) = if p > q { (p, q) } else { (q, p) };
    let exponent = BigNum::from_u32(EXPONENT).unwrap();
    let (less_p, less_q) = (&p - &one(), &q - &one());
    let mut context = BigNumContext::new().unwrap();
    let mut inverse_of = |value: &BigNumRef, modulus: &BigNumRef| {
        let mut inverse = BigNum::new().unwrap();
        inverse.mod_inverse(value, modulus, &mut context).unwrap();
        inverse
    };
    let secret = inverse_of(&exponent, &(&less_p * &less_q));
    let (by_p, by_q, coefficient) = (&secret % &less_p, &secret % &less_q, inverse_of(&q, &p));
    let key = RsaPrivateKeyBuilder::new(&p * &q, exponent, secret).unwrap();
    let key = key.set_factors(p, q).unwrap();
    key.set_crt_params(by_p, by_q, coefficient).unwrap().build()
}

const EXPONENT: u32 = 65_537;

fn prime(bits: usize) -> BigNum {
    let mut candidate = number(bits);
    for bit in [0, bits - 2, bits - 1] {
        candidate.set_bit(bit as i32).unwrap();
    }
    let mut context = BigNumContext::new().unwrap();
    while candidate.mod_word(EXPONENT).unwrap() == 1 || !candidate.is_prime_fasttest(0, &mut context, true).unwrap() {
        candidate.add_word(2).unwrap();
    }
    candidate
}
