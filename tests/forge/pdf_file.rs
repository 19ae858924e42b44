//! A PDF that grows by incremental updates, in each of the ways that writers cross-reference objects.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::cades::Material;
use super::pdf;
use super::pki::Hash;

/// How objects are found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Tables, as since PDF 1.0.
    Table,
    /// Cross-reference streams with a predictor.
    Stream,
    /// And all objects that may be in object streams.
    Compressed,
}

pub const CATALOG: u32 = 1;
pub const PAGES: u32 = 2;
pub const PAGE: u32 = 3;
pub const CONTENT: u32 = 4;
pub const FONT: u32 = 5;
pub const METADATA: u32 = 7;

/// Hexadecimal digits that are kept free for a signature.
const ROOM: usize = 40_000;

/// Number and body.
pub type Object = (u32, Vec<u8>);
/// Type and the two fields of a cross-reference entry.
type Place = (u64, u64, u64);
/// The first of consecutive numbers, and their places.
type Run = (u32, Vec<Place>);

#[derive(Clone)]
pub struct File {
    pub bytes: Vec<u8>,
    pub style: Style,
    /// The next free number.
    pub size: u32,
    xref: usize,
    /// Entries of the catalog as written.
    pub catalog: BTreeMap<&'static str, String>,
    /// Entries of the only page.
    pub page: BTreeMap<&'static str, String>,
    pub fields: Vec<u32>,
    pub annotations: Vec<u32>,
}

/// A signature field to be made and filled.
#[derive(Clone)]
pub struct Slot {
    pub name: String,
    pub sub_filter: &'static str,
    /// /M.
    pub time: Option<Timestamp>,
    /// Shows something on the page.
    pub visible: bool,
    /// DocMDP level.
    pub certify: Option<u8>,
    /// What else stands in the signature dictionary.
    pub more: String,
}

impl Slot {
    pub fn signature(name: &str, time: Option<Timestamp>) -> Self {
        Self {
            name: name.into(),
            sub_filter: "ETSI.CAdES.detached",
            time,
            visible: false,
            certify: None,
            more: String::new(),
        }
    }

    pub fn timestamp(name: &str) -> Self {
        Self {
            sub_filter: "ETSI.RFC3161",
            ..Self::signature(name, None)
        }
    }
}

impl File {
    pub fn letter(style: Style) -> Self {
        let lines: Vec<String> = [
            "Sayın İlgili,",
            "Başvurunuz incelenmiş ve uygun görülmüştür.",
            "Gereğini rica ederim.",
        ]
        .map(str::to_owned)
        .into();
        let objects = pdf::letter_objects("Sınama yazısı", &lines);
        let mut file = Self {
            bytes: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(),
            style,
            size: 8,
            xref: 0,
            catalog: BTreeMap::from([
                ("Type", "/Catalog".to_owned()),
                ("Pages", "2 0 R".to_owned()),
                ("Metadata", "7 0 R".to_owned()),
            ]),
            page: BTreeMap::from([
                ("Type", "/Page".to_owned()),
                ("Parent", "2 0 R".to_owned()),
                ("MediaBox", "[0 0 595 842]".to_owned()),
                ("Contents", "4 0 R".to_owned()),
                ("Resources", "<< /Font << /F1 5 0 R >> >>".to_owned()),
            ]),
            fields: vec![],
            annotations: vec![],
        };
        let mut objects: Vec<Object> = objects.into_iter().enumerate().map(|(i, body)| (i as u32 + 1, body)).collect();
        objects[0].1 = file.catalog_object();
        objects[2].1 = file.page_object();
        file.append(objects);
        file
    }

    pub fn fresh(&mut self) -> u32 {
        self.size += 1;
        self.size - 1
    }

    pub fn catalog_object(&self) -> Vec<u8> {
        dictionary(&self.catalog)
    }

    pub fn page_object(&self) -> Vec<u8> {
        dictionary(&self.page)
    }

    /// Appends a revision with these objects.
    pub fn append(&mut self, objects: Vec<Object>) {
        self.append_with(objects, "");
    }

    /// The same with more entries in the trailer.
    pub fn append_with(&mut self, objects: Vec<Object>, trailer: &str) {
        let mut places: BTreeMap<u32, Place> = BTreeMap::new();
        let packs = |body: &[u8]| self.style == Style::Compressed && !contains(body, b"\nstream\n") && !contains(body, b"/ByteRange");
        let (packed, plain): (Vec<_>, Vec<_>) = objects.into_iter().partition(|(_, body)| packs(body));
        for (number, body) in plain {
            places.insert(number, (1, self.bytes.len() as u64, 0));
            self.put(number, &body);
        }
        if !packed.is_empty() {
            let container = self.fresh();
            let (mut index, mut bodies) = (String::new(), Vec::new());
            for (at, (number, body)) in packed.iter().enumerate() {
                write!(index, "{number} {} ", bodies.len()).unwrap();
                bodies.extend(body);
                bodies.push(b'\n');
                places.insert(*number, (2, u64::from(container), at as u64));
            }
            let head = format!("/Type /ObjStm /N {} /First {} /Filter /FlateDecode ", packed.len(), index.len());
            let body = pdf::stream(&head, &deflate(&[index.as_bytes(), &bodies].concat()));
            places.insert(container, (1, self.bytes.len() as u64, 0));
            self.put(container, &body);
        }
        self.cross_reference(places, trailer);
    }

    fn put(&mut self, number: u32, body: &[u8]) {
        self.bytes.extend(format!("{number} 0 obj\n").bytes());
        self.bytes.extend(body);
        self.bytes.extend(b"\nendobj\n");
    }

    fn cross_reference(&mut self, mut places: BTreeMap<u32, Place>, trailer: &str) {
        let previous = if self.xref > 0 {
            format!("/Prev {} ", self.xref)
        } else {
            String::new()
        };
        let id = hex::encode(&Hash::Sha256.of(b"letter")[..16]);
        if self.xref == 0 {
            places.insert(0, (0, 0, 65_535));
        }
        let at = self.bytes.len();
        let stream_number = (self.style != Style::Table).then(|| self.fresh());
        let root = if trailer.contains("/Root") { "" } else { "/Root 1 0 R " };
        let common = format!("/Size {} {root}{previous}{trailer} /ID [<{id}> <{id}>]", self.size);
        match stream_number {
            None => {
                let mut out = String::from("xref\n");
                for (first, run) in runs(&places) {
                    writeln!(out, "{first} {}", run.len()).unwrap();
                    for (kind, offset, generation) in run {
                        let letter = if kind == 1 { 'n' } else { 'f' };
                        writeln!(out, "{offset:010} {generation:05} {letter} ").unwrap();
                    }
                }
                writeln!(out, "trailer\n<< {common} >>").unwrap();
                self.bytes.extend(out.bytes());
            }
            Some(number) => {
                places.insert(number, (1, at as u64, 0));
                let index: String = runs(&places).iter().map(|(first, run)| format!("{first} {} ", run.len())).collect();
                let rows: Vec<[u8; 8]> = places.values().map(|place| row(*place)).collect();
                let head = format!(
                    "/Type /XRef /W [1 5 2] /Index [{index}] {common} /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 8 >> "
                );
                let body = pdf::stream(&head, &deflate(&predicted(&rows)));
                self.put(number, &body);
            }
        }
        self.bytes.extend(format!("startxref\n{at}\n%%EOF\n").bytes());
        self.xref = at;
    }

    /// The objects of a new signature field; its dictionary is the first of them.
    pub fn field(&mut self, slot: &Slot) -> Vec<Object> {
        let (value, field) = (self.fresh(), self.fresh());
        let kind = if slot.sub_filter == "ETSI.RFC3161" { "DocTimeStamp" } else { "Sig" };
        let time = slot.time.map(|at| format!("/M ({}) ", date(at))).unwrap_or_default();
        let reference = slot.certify.map(|level| {
            format!("/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /V /1.2 /P {level} >> >>] ")
        });
        let zeros = "0".repeat(ROOM);
        let dictionary = format!(
            "<< /Type /{kind} /Filter /Adobe.PPKLite /SubFilter /{} {time}{}{}/ByteRange [0 0000000000 0000000000 0000000000] \
             /Contents <{zeros}> >>",
            slot.sub_filter,
            reference.unwrap_or_default(),
            slot.more
        );
        let mut objects = vec![(value, dictionary.into_bytes())];
        let shown = if slot.visible {
            let appearance = self.fresh();
            let text = "/Type /XObject /Subtype /Form /BBox [0 0 200 40] /Resources << /Font << /F1 5 0 R >> >> ";
            objects.push((appearance, pdf::stream(text, b"BT /F1 9 Tf 4 20 Td (Elektronik imza) Tj ET")));
            format!("/Rect [300 60 500 100] /AP << /N {appearance} 0 R >>")
        } else {
            "/Rect [0 0 0 0]".to_owned()
        };
        let widget = format!(
            "<< /Type /Annot /Subtype /Widget /FT /Sig /T ({}) /F 132 /P {PAGE} 0 R /V {value} 0 R {shown} >>",
            slot.name
        );
        objects.push((field, widget.into_bytes()));
        self.fields.push(field);
        self.annotations.push(field);
        let list = |numbers: &[u32]| numbers.iter().map(|number| format!("{number} 0 R ")).collect::<String>();
        self.catalog
            .insert("AcroForm", format!("<< /Fields [{}] /SigFlags 3 >>", list(&self.fields)));
        if slot.certify.is_some() {
            self.catalog.insert("Perms", format!("<< /DocMDP {value} 0 R >>"));
        }
        self.page.insert("Annots", format!("[{}]", list(&self.annotations)));
        objects.push((CATALOG, self.catalog_object()));
        objects.push((PAGE, self.page_object()));
        objects
    }

    /// Appends a revision with a signature by `cms` over what it covers.
    pub fn sign(&mut self, slot: &Slot, cms: impl FnOnce(&[u8]) -> Vec<u8>) {
        let objects = self.field(slot);
        self.sign_objects(objects, cms);
    }

    /// The same with objects of the caller's own making among them.
    pub fn sign_objects(&mut self, objects: Vec<Object>, cms: impl FnOnce(&[u8]) -> Vec<u8>) {
        let from = self.bytes.len();
        self.append(objects);
        let (range, hole) = self.holes(from);
        self.fill(range, hole, cms);
    }

    /// Where the newest signature's range and hole are, from `from` on.
    pub fn holes(&self, from: usize) -> (usize, usize) {
        let range = from + find(&self.bytes[from..], b"/ByteRange [0 0000000000").unwrap() + b"/ByteRange ".len();
        let hole = range + find(&self.bytes[range..], b"/Contents <").unwrap() + b"/Contents ".len();
        (range, hole)
    }

    pub fn fill(&mut self, range: usize, hole: usize, cms: impl FnOnce(&[u8]) -> Vec<u8>) {
        let behind = hole + ROOM + 2;
        let text = format!("[0 {hole:010} {behind:010} {:010}]", self.bytes.len() - behind);
        self.bytes[range..range + text.len()].copy_from_slice(text.as_bytes());
        let covered = [&self.bytes[..hole], &self.bytes[behind..]].concat();
        let digits = hex::encode(cms(&covered));
        assert!(digits.len() <= ROOM, "the signature needs {} digits", digits.len());
        self.bytes[hole + 1..hole + 1 + digits.len()].copy_from_slice(digits.as_bytes());
    }

    /// Appends a validation store. VRI names the signature whose /Contents is given.
    pub fn store(&mut self, material: &Material, contents: Option<&[u8]>) {
        let mut objects = vec![];
        let mut arrays = vec![];
        let kinds: [(&str, &str, Vec<Vec<u8>>); 3] = [
            ("Certs", "Cert", material.certificates.clone()),
            ("CRLs", "CRL", material.crls.iter().map(|crl| crl.der.clone()).collect()),
            ("OCSPs", "OCSP", material.ocsps.iter().map(|ocsp| ocsp.response.clone()).collect()),
        ];
        for (plural, single, values) in kinds {
            let mut numbers = String::new();
            for value in values {
                let number = self.fresh();
                objects.push((number, pdf::stream("/Filter /FlateDecode ", &deflate(&value))));
                write!(numbers, "{number} 0 R ").unwrap();
            }
            arrays.push((plural, single, numbers));
        }
        let all: String = arrays.iter().map(|(plural, _, list)| format!("/{plural} [{list}] ")).collect();
        let related = contents.map(|contents| {
            let key = hex::encode_upper(Hash::Sha1.of(contents));
            let own: String = arrays.iter().map(|(_, single, list)| format!("/{single} [{list}] ")).collect();
            format!("/VRI << /{key} << {own}>> >> ")
        });
        let store = self.fresh();
        objects.push((store, format!("<< /Type /DSS {all}{}>>", related.unwrap_or_default()).into_bytes()));
        self.catalog.insert("DSS", format!("{store} 0 R"));
        objects.push((CATALOG, self.catalog_object()));
        self.append(objects);
    }

    /// The octets of the last signature's /Contents, padding included.
    pub fn last_contents(&self) -> Vec<u8> {
        let at = rfind(&self.bytes, b"/Contents <").unwrap() + b"/Contents <".len();
        hex::decode(&self.bytes[at..at + ROOM]).unwrap()
    }
}

fn dictionary(entries: &BTreeMap<&'static str, String>) -> Vec<u8> {
    let body: String = entries.iter().map(|(key, value)| format!("/{key} {value} ")).collect();
    format!("<< {body}>>").into_bytes()
}

/// Consecutive numbers.
fn runs(places: &BTreeMap<u32, Place>) -> Vec<Run> {
    let mut runs: Vec<Run> = vec![];
    for (number, place) in places {
        match runs.last_mut() {
            Some((first, run)) if *first + run.len() as u32 == *number => run.push(*place),
            _ => runs.push((*number, vec![*place])),
        }
    }
    runs
}

fn row((kind, second, third): Place) -> [u8; 8] {
    let mut row = [0; 8];
    row[0] = kind as u8;
    row[1..6].copy_from_slice(&second.to_be_bytes()[3..]);
    row[6..].copy_from_slice(&third.to_be_bytes()[6..]);
    row
}

/// PNG "up", as every writer uses it here.
fn predicted(rows: &[[u8; 8]]) -> Vec<u8> {
    let mut above = [0; 8];
    let mut out = vec![];
    for row in rows {
        out.push(2);
        out.extend(row.iter().zip(above).map(|(byte, above): (&u8, u8)| byte.wrapping_sub(above)));
        above = *row;
    }
    out
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(vec![], Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("D:%Y%m%d%H%M%S+00'00'").to_string()
}

pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    find(bytes, needle).is_some()
}

pub fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

pub fn rfind(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|window| window == needle)
}
