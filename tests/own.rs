//! Skills of the user's own beside an index, as the page has them: read, embedded, indexed, searched together.

use skillrouter::{
    collection::Collection,
    device::Device,
    index::{Index, vectors::QueryVector},
    model::{encoder::Encoder, loader::ModelLoader},
    router::{Mode, RouteOptions, Router, Stage},
    searcher::Encoded,
};

use crate::support::Workspace;

const SHIPPED: [(&str, &str, &str); 3] = [
    ("pdf-merge", "Join PDF files.", "Use the tool to join many files into one."),
    ("receipts", "Turn receipts into spreadsheets.", "Read every receipt, write rows."),
    ("deploy", "Deploy to the cloud.", "Build an image, push it, watch the rollout."),
];
const OWN: [(&str, &str); 2] = [
    ("sourdough", "---\nname: sourdough\ndescription: Bake bread.\n---\n\nFeed the starter, then knead the dough.\n"),
    ("tax/vat", "---\nname: vat\ndescription: File the VAT return.\n---\n\nSum the receipts of the quarter.\n"),
];

fn encoder(workspace: &Workspace, folder: &str) -> Encoder {
    let files = workspace.files(folder);
    let bytes = |name: &str| files.iter().find(|file| file.0 == name).expect("a listed file").1.clone();
    let mut loader = ModelLoader::new(&bytes("model.json"), &Device::cpu()).unwrap();
    while let Some(entry) = loader.missing().first().cloned() {
        loader.add_file(&entry.file, &bytes(&entry.file)).unwrap();
    }
    Encoder::new(loader).unwrap()
}

fn open(files: &[(String, Vec<u8>)]) -> Index {
    let bytes = |name: &str| files.iter().find(|file| file.0 == name).expect("a listed file").1.as_slice();
    let mut index = Index::open(bytes("index.json")).unwrap();
    let names: Vec<String> = index.manifest().files.all().map(|(_, entry)| entry.file.clone()).collect();
    names.iter().for_each(|name| index.add_file(name, bytes(name)).unwrap());
    index
}

/// Embeds what is pending, and says how many texts that were.
fn embed(collection: &mut Collection, encoder: &Encoder) -> usize {
    let mut n_embedded = 0;
    loop {
        let texts = collection.next_texts(1);
        let Some(text) = texts.first() else { return n_embedded };
        let document = encoder.contract().document(&text.name, &text.description, &text.body);
        let tokens = encoder.document_tokens(&document).unwrap();
        collection.add_vectors(&pollster::block_on(encoder.embed(&[tokens])).unwrap()).unwrap();
        n_embedded += 1;
    }
}

fn own(encoder: &Encoder) -> Collection {
    let mut own = Collection::new(encoder.manifest()).unwrap();
    for (path, text) in OWN {
        own.add("mine", path, text.as_bytes()).unwrap();
    }
    own
}

#[test]
fn own_skills_stand_beside_those_of_the_index() {
    let workspace = Workspace::with_model(8);
    workspace.write_skills(&SHIPPED);
    workspace.ok(&["index", "skills", "--out", "index", "--model", "model"]);
    let encoder = encoder(&workspace, "model");
    let mut own = own(&encoder);
    assert_eq!(own.finish().err().map(|error| error.code()), Some("unavailable"), "nothing is embedded yet");
    assert_eq!(embed(&mut own, &encoder), 2);

    let mut router = Router::new(open(&workspace.files("index")));
    router.set_encoder(encoder).unwrap();
    let route = |router: &Router, query: &str, options| pollster::block_on(router.route(query, options)).unwrap();
    let before = route(&router, "join files", RouteOptions::default());
    router.skills_mut().set_own(Some(open(&own.finish().unwrap().files))).unwrap();

    for mode in [Mode::Lexical, Mode::Hybrid] {
        let answer = route(&router, "knead the dough", RouteOptions { mode, ..RouteOptions::default() });
        let first = &answer.routes[0];
        assert_eq!((first.name.as_str(), first.own, first.skill_idx >= 3), ("sourdough", true, true), "{mode:?}");
        let (index, place) = router.skills().locate(first.skill_idx);
        assert_eq!(index.card(place).unwrap().id, "mine/sourdough");
        assert_eq!(index.body(place), Some("Feed the starter, then knead the dough."));
    }
    let dense = RouteOptions { mode: Mode::Dense, ..RouteOptions::default() };
    assert_eq!(route(&router, "anything", dense).routes.len(), 5, "the vectors of both are compared");
    let named = route(&router, "vat", RouteOptions::default());
    assert!(named.routes[0].named && named.routes[0].own);
    // A word that both have: neither hides the other.
    let both = route(&router, "receipts of the quarter", RouteOptions::default());
    let names: Vec<&str> = both.routes[..2].iter().map(|route| route.name.as_str()).collect();
    assert_eq!(names, ["vat", "receipts"]);

    router.skills_mut().set_own(None).unwrap();
    assert_eq!(route(&router, "join files", RouteOptions::default()), before);
}

#[test]
fn what_was_embedded_once_is_not_embedded_again() {
    let workspace = Workspace::with_model(8);
    let encoder = encoder(&workspace, "model");
    let mut first = own(&encoder);
    embed(&mut first, &encoder);
    let output = first.finish().unwrap();

    let mut again = Collection::new(encoder.manifest()).unwrap();
    again.keep(&open(&output.files)).unwrap();
    assert_eq!(again.sources().into_iter().collect::<Vec<_>>(), [("mine", 2)]);
    again.remove("mine");
    again.add("mine", "sourdough", OWN[0].1.as_bytes()).unwrap();
    again.add("mine", "tax/vat", OWN[1].1.replace("quarter", "month").as_bytes()).unwrap();
    assert_eq!(again.n_pending(), 1);
    assert_eq!(embed(&mut again, &encoder), 1);
    assert_ne!(again.finish().unwrap().files, output.files);

    let mut same = Collection::new(encoder.manifest()).unwrap();
    same.keep(&open(&output.files)).unwrap();
    assert_eq!(same.finish().unwrap().files, output.files, "the same skills give the same files");
}

#[test]
fn another_encoder_embeds_them_anew_and_refuses_their_vectors() {
    let workspace = Workspace::with_model(8);
    workspace.quantize("tiny-bert-cls", "other", 8);
    workspace.write_skills(&SHIPPED);
    workspace.ok(&["index", "skills", "--out", "index", "--model", "other"]);
    let (encoder, other) = (encoder(&workspace, "model"), self::encoder(&workspace, "other"));
    let mut own = own(&encoder);
    embed(&mut own, &encoder);
    let output = own.finish().unwrap();

    let mut router = Router::new(open(&workspace.files("index")));
    let refused = router.skills_mut().set_own(Some(open(&output.files))).unwrap_err();
    assert_eq!(refused.code(), "encoder-mismatch");
    let mut moved = Collection::new(other.manifest()).unwrap();
    moved.keep(&open(&output.files)).unwrap();
    assert_eq!(embed(&mut moved, &other), 2);
    router.skills_mut().set_own(Some(open(&moved.finish().unwrap().files))).unwrap();
    assert_eq!(
        router.search("dough", &Encoded::None { reason: None }, RouteOptions::default()).unwrap().routes[0].name,
        "sourdough"
    );
}

#[test]
fn files_that_are_no_skills_are_refused_one_by_one() {
    let workspace = Workspace::with_model(8);
    let mut own = own(&encoder(&workspace, "model"));
    for (path, bytes, why) in [
        ("binary", &b"\0\0"[..], "binary"),
        ("empty", b"", "empty"),
        ("sourdough", b"# Another", "has this path already"),
    ] {
        let error = own.add("mine", path, bytes).unwrap_err();
        assert!(error.to_string().contains(why) && error.code() == "malformed", "{error}");
    }
    assert_eq!(own.len(), 2);
    assert_eq!(own.add("mine", "", b"# One file").unwrap(), "mine");
    own.next_texts(1);
    assert_eq!(own.add_vectors(&[f32::NAN; 32]).unwrap_err().code(), "unavailable");
}

#[test]
fn an_index_has_a_map_of_its_skills() {
    let workspace = Workspace::with_model(8);
    workspace.write_skills(&SHIPPED);
    workspace.ok(&["index", "skills", "--out", "index", "--model", "model"]);
    assert_eq!(open(&workspace.files("index")).map().unwrap().len(), 2 * SHIPPED.len());
    workspace.ok(&["index", "skills", "--out", "plain", "--model", "model", "--no-map"]);
    assert_eq!(open(&workspace.files("plain")).map(), None);
}

#[test]
fn a_vector_of_another_width_is_not_taken_in_silence() {
    let workspace = Workspace::with_model(8);
    workspace.write_skills(&SHIPPED);
    workspace.ok(&["index", "skills", "--out", "index", "--model", "model"]);
    let router = Router::new(open(&workspace.files("index")));
    let width = router.index().manifest().width;
    let ask = |vector: &[f32], mode| {
        let encoded = Encoded::Vector(QueryVector::new(vector));
        router.search("join files", &encoded, RouteOptions { mode, ..RouteOptions::default() })
    };
    let answer = ask(&vec![1.0; width], Mode::Hybrid).unwrap();
    assert_eq!((answer.stage, answer.reason), (Stage::Retrieved, None));
    for (vector, words) in [
        (vec![1.0; 3], format!("has 3 numbers where those of the index have {width}")),
        (vec![], "has 0 numbers".to_owned()),
        (vec![f32::NAN; width], "not made of numbers".to_owned()),
    ] {
        let answer = ask(&vector, Mode::Hybrid).unwrap();
        assert_eq!((answer.stage, answer.routes[0].name.as_str()), (Stage::Lexical, "pdf-merge"));
        assert!(answer.reason.as_ref().is_some_and(|reason| reason.contains(&words)), "{:?}", answer.reason);
        assert_eq!(ask(&vector, Mode::Dense).unwrap_err().code(), "unavailable");
        assert_eq!(ask(&vector, Mode::Lexical).unwrap().reason, None);
    }
}

#[test]
fn versions_and_near_copies_of_a_source_are_one_skill() {
    let workspace = Workspace::with_model(8);
    let encoder = encoder(&workspace, "model");
    let mut own = Collection::new(encoder.manifest()).unwrap();
    let text = |description: &str, body: &str| format!("---\nname: press\ndescription: {description}\n---\n\n{body}\n");
    let steps = (0..40).map(|i| format!("step{i} ")).collect::<String>();
    for (source, path, text) in [
        ("mine", "cache/1.9.0/press", text("Presses flowers.", "Old.")),
        ("mine", "cache/1.10.0/press", text("Presses flowers and moss.", &steps)),
        ("mine", "skills/press", text("Presses flowers and moss.", &format!("{steps}and more"))),
        ("mine", "skills/other", text("Draws plates.", &steps)),
        ("yours", "press", text("Presses flowers and moss.", &steps)),
    ] {
        own.add(source, path, text.as_bytes()).unwrap();
    }
    let folded: Vec<(String, String)> =
        own.fold_source("mine").into_iter().map(|folded| (folded.id, folded.kept)).collect();
    let into = |id: &str| (id.to_owned(), "mine/skills/press".to_owned());
    assert_eq!(folded, [into("mine/cache/1.10.0/press"), into("mine/cache/1.9.0/press")]);
    assert_eq!(own.sources().into_iter().collect::<Vec<_>>(), [("mine", 2), ("yours", 1)]);
    assert!(own.fold_source("mine").is_empty() && own.fold_source("yours").is_empty());
}
