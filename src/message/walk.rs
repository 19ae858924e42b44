//! From the outermost message to every leaf: layers, carried messages, opaque signatures, parts.
//!
//! A queue of messages still to scan takes the place of recursion. What cannot be opened stays a part with its bytes.

mod leaf;

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use super::codes::{self, Code};
use super::fields::MimeFields;
use super::headers::{self, LayerHeaders};
use super::opaque;
use super::prescan::{self, Allowance, Node, Skeleton, place};
use super::signed::{self, Detached};
use super::sniff;
use super::transfer::{self, Budget};
use super::{Part, PartRole, SignedLayer};
use crate::finding::{Finding, Severity};
use crate::limits::Limits;
use crate::opener::Opener;

/// One message layer: the provider's envelope, the sender's message, or a message inside of that.
#[derive(Debug)]
pub struct Layer {
    pub level: u8,
    /// `L0`; a second message of the same level is `L1#2`.
    pub label: String,
    pub headers: LayerHeaders,
    /// Its outermost content is encrypted, but for signatures around it.
    pub encrypted: bool,
    /// Something of it was encrypted and was opened.
    pub opened: bool,
    /// Nobody here could look into it, or into what was encrypted within.
    pub closed: bool,
}

/// All that was found.
#[derive(Debug)]
pub struct Walked {
    pub layers: Vec<Layer>,
    pub parts: Vec<Part>,
    pub signed_layers: Vec<SignedLayer>,
    /// The first carried message as attached.
    pub carried: Option<Bytes>,
    pub findings: Vec<Finding>,
}

/// Something still to scan.
struct Task {
    bytes: Bytes,
    layer: usize,
    /// Path of the opaque signature around it, with a slash, or nothing.
    prefix: String,
    depth: u32,
    signed: bool,
    /// Nothing of its layer lies outside of it.
    top: bool,
    /// Nothing but signatures does.
    whole: bool,
    /// Its header block is that of a message, not that of a bare MIME entity inside of an opaque signature.
    has_headers: bool,
}

struct Walk<'a> {
    limits: &'a Limits,
    opener: &'a dyn Opener,
    parts_left: u32,
    budget: Budget,
    queue: VecDeque<Task>,
    detached: Vec<Detached>,
    found: Walked,
}

/// Takes a mail apart.
pub fn mail(raw: &Bytes, limits: &Limits, opener: &dyn Opener) -> Walked {
    let mut walk = Walk::new(raw, limits, opener);
    let layer = walk.add_layer(0);
    walk.queue.push_back(Task {
        bytes: raw.clone(),
        layer,
        prefix: String::new(),
        depth: 0,
        signed: false,
        top: true,
        whole: true,
        has_headers: true,
    });
    walk.run()
}

/// Takes a file apart that is not a mail but lies in its place: a package, evidence, a CMS, a PDF or something else.
pub fn file(raw: &Bytes, limits: &Limits, opener: &dyn Opener) -> Walked {
    let mut walk = Walk::new(raw, limits, opener);
    let layer = walk.add_layer(0);
    let mime = MimeFields {
        content_type: "application/octet-stream".into(),
        ..MimeFields::default()
    };
    let at = Spot {
        layer,
        path: "1".into(),
        depth: 0,
        signed: false,
        top: true,
        whole: true,
    };
    walk.leaf(&at, raw.clone(), &mime);
    walk.run()
}

/// Where a leaf stands.
struct Spot {
    layer: usize,
    path: String,
    depth: u32,
    signed: bool,
    /// It is the whole content of its layer.
    top: bool,
    /// The same, but for signatures around it.
    whole: bool,
}

impl<'a> Walk<'a> {
    fn new(raw: &Bytes, limits: &'a Limits, opener: &'a dyn Opener) -> Self {
        Self {
            limits,
            opener,
            parts_left: limits.parts,
            budget: Budget::for_message(raw.len()),
            queue: VecDeque::new(),
            detached: Vec::new(),
            found: Walked {
                layers: Vec::new(),
                parts: Vec::new(),
                signed_layers: Vec::new(),
                carried: None,
                findings: Vec::new(),
            },
        }
    }

    fn run(mut self) -> Walked {
        while let Some(task) = self.queue.pop_front() {
            self.message(task);
        }
        self.offer_candidates();
        self.found
    }

    /// Candidates of signed octets take what memory the parts have left over, so they come last.
    fn offer_candidates(&mut self) {
        self.budget.release_reserve();
        let offers = signed::candidates(&self.detached, &mut self.budget);
        for (detached, (octets, left_out)) in self.detached.iter().zip(offers) {
            let Some(layer) = self.found.signed_layers.get_mut(detached.layer) else {
                continue;
            };
            layer.detached = Some(octets);
            if left_out {
                self.found.findings.push(codes::CANDIDATES_DROPPED.at(&layer.place));
            }
        }
    }

    fn message(&mut self, task: Task) {
        let label = self.label(task.layer);
        let mut allowance = Allowance {
            parts: self.parts_left,
            depth: task.depth,
        };
        let skeleton = prescan::scan(&task.bytes, &label, self.limits, &mut allowance);
        self.parts_left = allowance.parts;
        let header = match &skeleton {
            Ok(skeleton) => skeleton
                .nodes
                .first()
                .and_then(|root| task.bytes.get(root.header.clone()))
                .unwrap_or_default(),
            Err(_) => prescan::top_header(&task.bytes, self.limits),
        };
        if task.has_headers {
            self.read_headers(task.layer, &label, header);
        }
        match skeleton {
            Ok(skeleton) => self.parts(&task, skeleton, &label),
            Err(finding) => self.found.findings.push(finding),
        }
    }

    fn read_headers(&mut self, layer: usize, label: &str, block: &[u8]) {
        let (headers, findings) = headers::read(block, label);
        self.found.findings.extend(findings);
        if let Some(layer) = self.found.layers.get_mut(layer) {
            layer.headers = headers;
        }
    }

    fn parts(&mut self, task: &Task, skeleton: Skeleton, label: &str) {
        let Skeleton { nodes, findings } = skeleton;
        self.found.findings.extend(findings.into_iter().map(|mut finding| {
            if let Some(path) = finding.place.strip_prefix(&format!("{label}/")) {
                finding.place = place(label, &format!("{}{path}", task.prefix));
            }
            finding
        }));
        let covers: Vec<Option<Cover>> = nodes.iter().map(|node| self.cover(task, &nodes, node)).collect();
        let mut signatures = HashMap::new();
        for (index, node) in nodes.iter().enumerate() {
            if let Some(Some(cover)) = covers.get(index) {
                signatures.insert(cover.signature, self.signed_layer(task, node, &nodes, cover));
            }
            if node.children.is_some() {
                continue;
            }
            let path = format!("{}{}", task.prefix, node.path);
            if let Some(cms) = signatures.remove(&index) {
                self.signature_part(task, node, path, cms);
                continue;
            }
            let at = Spot {
                layer: task.layer,
                path,
                depth: node.depth,
                signed: task.signed || is_covered(index, &nodes, &covers),
                top: task.top && node.parent.is_none(),
                whole: task.whole && (node.parent.is_none() || is_signed_whole(index, node, &covers)),
            };
            let body = task.bytes.slice(node.body.clone());
            let (decoded, problem) = transfer::decode(&body, &node.mime.encoding, &mut self.budget);
            if let Some(code) = problem {
                self.find(code, &at);
            }
            self.leaf(&at, decoded, &node.mime);
        }
    }

    /// Whether a node is a `multipart/signed` with an S/MIME signature, and which children take part.
    fn cover(&mut self, task: &Task, nodes: &[Node], node: &Node) -> Option<Cover> {
        let children = node.children.as_ref()?;
        if node.mime.content_type != "multipart/signed" {
            return None;
        }
        let place = place(&self.label(task.layer), &format!("{}{}", task.prefix, node.path));
        let child = |index: &usize| nodes.get(*index);
        let signature = children
            .iter()
            .skip(1)
            .find(|index| child(index).is_some_and(|part| is_signature(&part.mime)))
            .copied();
        let Some((&content, signature)) = children.first().zip(signature) else {
            let other = children
                .iter()
                .filter_map(child)
                .any(|part| part.mime.content_type == "application/pgp-signature");
            let code = if other { codes::OTHER_SIGNATURE } else { codes::SIGNATURE_MISSING };
            self.found.findings.push(code.at(place));
            return None;
        };
        let alone = children.len() == 2;
        if !alone {
            self.found.findings.push(codes::PARTS_BESIDE_SIGNATURE.at(&place));
        }
        if node.loose_text {
            self.found.findings.push(codes::TEXT_OUTSIDE_SIGNATURE.at(&place));
        }
        let whole = alone && task.top && node.parent.is_none();
        if !whole {
            self.found.findings.push(codes::SIGNED_PART_ONLY.at(place));
        }
        Some(Cover { content, signature, whole })
    }

    fn signed_layer(&mut self, task: &Task, node: &Node, nodes: &[Node], cover: &Cover) -> Bytes {
        let (Some(content), Some(signature)) = (nodes.get(cover.content), nodes.get(cover.signature)) else {
            return Bytes::new();
        };
        let place = place(&self.label(task.layer), &format!("{}{}", task.prefix, node.path));
        self.detached.push(Detached {
            layer: self.found.signed_layers.len(),
            whole: task.bytes.clone(),
            entity: content.entity(),
            delimiter: content.delimiter,
        });
        let body = task.bytes.slice(signature.body.clone());
        let (cms, problem) = transfer::decode(&body, &signature.mime.encoding, &mut self.budget);
        if let Some(code) = problem {
            self.found.findings.push(code.at(&place));
        }
        if !opaque::looks_like_cms(&cms) {
            self.found.findings.push(codes::CMS_UNREADABLE.at(&place));
        }
        self.found.signed_layers.push(SignedLayer {
            level: self.level(task.layer),
            place,
            cms: cms.clone(),
            detached: Some(Vec::new()),
            covers_whole_layer: cover.whole,
        });
        cms
    }

    /// The signature's own part shares the bytes that were decoded for its layer.
    fn signature_part(&mut self, task: &Task, node: &Node, path: String, cms: Bytes) {
        let at = Spot {
            layer: task.layer,
            path,
            depth: node.depth,
            signed: false,
            top: false,
            whole: false,
        };
        self.push(&at, PartRole::Signature, cms, &node.mime);
    }

    fn deeper_layer(&mut self, at: &Spot) -> Option<usize> {
        if at.depth + 1 >= self.limits.nesting {
            self.find(codes::TOO_DEEP, at);
            return None;
        }
        Some(self.add_layer(self.level(at.layer).saturating_add(1)))
    }

    fn add_layer(&mut self, level: u8) -> usize {
        let label = match self.found.layers.iter().filter(|layer| layer.level == level).count() {
            0 => format!("L{level}"),
            before => format!("L{level}#{}", before + 1),
        };
        self.found.layers.push(Layer {
            level,
            label,
            headers: LayerHeaders::default(),
            encrypted: false,
            opened: false,
            closed: false,
        });
        self.found.layers.len() - 1
    }

    fn level(&self, layer: usize) -> u8 {
        self.found.layers.get(layer).map_or(0, |layer| layer.level)
    }

    fn label(&self, layer: usize) -> String {
        self.found.layers.get(layer).map(|layer| layer.label.clone()).unwrap_or_default()
    }

    fn find(&mut self, code: Code, at: &Spot) {
        let place = place(&self.label(at.layer), &at.path);
        self.found.findings.push(code.at(place));
    }
}

/// The children of a `multipart/signed` that make up its signature.
struct Cover {
    content: usize,
    signature: usize,
    whole: bool,
}

/// True when some enclosing signature has this node on its content side.
fn is_covered(index: usize, nodes: &[Node], covers: &[Option<Cover>]) -> bool {
    let mut child = index;
    while let Some(parent) = nodes.get(child).and_then(|node| node.parent) {
        if covers
            .get(parent)
            .and_then(Option::as_ref)
            .is_some_and(|cover| cover.content == child)
        {
            return true;
        }
        child = parent;
    }
    false
}

/// True for the content of a signature around all of its layer.
fn is_signed_whole(index: usize, node: &Node, covers: &[Option<Cover>]) -> bool {
    let around = node.parent.and_then(|parent| covers.get(parent)).and_then(Option::as_ref);
    around.is_some_and(|cover| cover.whole && cover.content == index)
}

/// A detached signature part, by both spellings of its type, or by its name when a builder had no type for it.
fn is_signature(mime: &MimeFields) -> bool {
    let named = || mime.name.as_deref().is_some_and(|name| sniff::has_suffix(name, "smime.p7s"));
    match mime.content_type.as_str() {
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => true,
        "application/octet-stream" => named(),
        _ => false,
    }
}

/// The worst finding, for the decision what the message is.
pub fn is_cut_short(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Fatal)
}
