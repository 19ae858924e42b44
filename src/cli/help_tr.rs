//! The Turkish of the command line: what each command and argument of [`super::args`] says of itself.

pub const AFTER: &str = "\
Çıkış kodları: 0 yapıldı ya da geçerli; 1 işlem başarısız; 2 yanlış kullanım; 10 belirsiz ya da eksik bulundu; 20 geçersiz sonuç ya da kırık zincir.

İlk adımlar:
  kep-gateway demo                      bütün ağ geçidi, örnek iletilerle; kurulum gerekmez
  kep-gateway config show               her ayar, değeriyle
  kep-gateway verify belge.eyp          bu imzalı dosya gerçek mi?";

/// About a command, by the words that lead to it.
pub fn of_command(path: &str) -> Option<&'static str> {
    // `help verify` shows what `verify --help` does.
    let path = path.strip_prefix("help ").unwrap_or(path);
    let path = if path.ends_with(" help") { "help" } else { path };
    find(COMMANDS, path)
}

/// About an argument of a command: its own text, or the one that it has everywhere.
pub fn of_argument(command: &str, id: &str) -> Option<&'static str> {
    find(ARGUMENTS, &format!("{command} {id}")).or_else(|| find(ARGUMENTS, id))
}

/// The name of a value on the screen; `None` for what is no English word.
pub fn value_name(english: &str) -> Option<&'static str> {
    find(VALUES, english)
}

fn find(table: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == key).map(|(_, text)| *text)
}

const VALUES: &[(&str, &str)] = &[
    ("FILE", "DOSYA"),
    ("DIR", "KLASÖR"),
    ("PATH", "YOL"),
    ("PATHS", "YOLLAR"),
    ("NAME", "AD"),
    ("PERSON", "KİŞİ"),
    ("DATE", "TARİH"),
    ("NUMBER", "NUMARA"),
    ("DOMAIN", "ALAN_ADI"),
    ("LANG", "DİL"),
    ("WHAT", "NE"),
    ("COMMAND", "KOMUT"),
    ("LOGIN", "GİRİŞ_ADI"),
    ("CLEARANCE", "DÜZEY"),
    ("FORMAT", "BİÇİM"),
    ("ROLE", "GÖREV"),
    ("SCOPE", "YETKİ"),
    ("REASON", "GEREKÇE"),
    ("NOTE", "AÇIKLAMA"),
    ("LIST", "LİSTE"),
    ("ID", "KAYIP"),
];

#[rustfmt::skip] // a table: one command after another
const COMMANDS: &[(&str, &str)] = &[
    ("", "KEP ağ geçidi: kayıtlı e-postayı (KEP) alır, her baytını saklar, doğrular, boşluksuz numarayla kaydeder ve haber verir"),
    ("help", "Bu yazıyı ya da bir komutun yardımını gösterir"),
    ("demo", "Bütün ağ geçidi, örnek iletilerle; defteri ve sonuçları yazar, sonra sayfayı açar. --store KLASÖR ile o klasörde"),
    ("run", "Hizmet: durdurulana kadar kutulara bakar, doğrular, kaydeder ve haber verir"),
    ("poll", "Kutulara bir kez bakar ve biter. Listelenen bir ileti alınamadıysa çıkış kodu 10"),
    ("import", "E-posta (.eml), paket (.eyp), XML delil, Maildir ya da mbox dosyalarını gelmiş gibi alır. Almadığını adıyla söyler: çıkış kodu 10, kendisi verilmişse 1"),
    ("verify", "Herhangi bir imzalı dosyanın sonucu; kutu da depo da gerekmez. Çıkış kodu: dosyaların en kötü sonucu"),
    ("unpack", "Bir paketi ya da iletiyi açar ve parçalarını güvenli adlarla bir klasöre yazar"),
    ("documents", "Kayıt defteri"),
    ("documents list", "Defter, tablo olarak; en yenisi önce"),
    ("documents show", "Bir kayıt: sonuçları, bulguları, delilleri ve süreleriyle. --opened-by verilirse açıldığı kayda geçer"),
    ("documents retry", "Defterdeki iletileri, karantinadakileri de, yeniden okur ve değerlendirir; önceki sonuçlar saklanır. Hizmet çalışıyorsa onu hizmet yapar, en son okuduğu ayarlarla: yeni kök ya da iptal verisinden sonra önce ayarları yeniden okutun. Biri okunamadıysa çıkış kodu 10"),
    ("documents export", "Defter, JSON olarak; en eskisi önce"),
    ("deadlines", "Kim neyi ne zamana kadar yapmalı: evrak, başvuru dosyaları ve kayıptaki zıya bildirimleri; en yakını önce. Süresi geçen varsa çıkış kodu 10"),
    ("evidence", "Deliller ve bir iletinin zaman çizelgesi"),
    ("evidence list", "Bütün deliller; sahipsiz olanlar işaretlidir"),
    ("evidence show", "Bir iletinin zaman çizelgesi: kayıt numarası, Message-ID ya da bir delilin SHA-256 değeriyle"),
    ("mailboxes", "Her kutu için: son denetim, sunucudaki / alınan / kayıtlı sayıları, eksikler, kota"),
    ("mailboxes login", "Bir eyservis kutusuna, gerektiren hesaplarda, servisin SMS ile gönderdiği kodla oturum açar. Oturumdan gelen değer login_file dosyasına yazılır"),
    ("reconcile", "Her kutuyu defterle ileti ileti karşılaştırır. Eksik varsa çıkış kodu 10"),
    ("trust", "Güvenilen kökler"),
    ("trust list", "Sonuçların dayandığı kökler ve kümenin özeti"),
    ("trust diff", "Bir kök kaynağının neyi değiştireceğini gösterir, değiştirmez. Fark varsa çıkış kodu 10"),
    ("trust import", "Farkı gösterdikten sonra kökleri güven klasörüne alır: pinli olanları sormadan, ötekileri yalnız açık bir onayla. Alınmayan varsa çıkış kodu 10"),
    ("journal", "Özet zincirli kayıt"),
    (
        "journal accept-clock",
        "Son kayıt daha geç tarihli olsa da makinenin saatinin doğru olduğunu bildirir: o kaydı yanlış bir saat yazmıştır. O ana kadar hiçbir şey yazılmaz. Kayıt numaraları doğru yılda sürer. Önce daemon'u durdurun",
    ),
    ("journal accept-clock reason", "Kaydın neden ileride kaldığı; günlükte durur"),
    ("journal verify", "Zinciri ve her dosyayı baştan sona denetler. Kırık bir yer varsa çıkış kodu 20, yeriyle"),
    ("retention", "Kayıtların ne kadar saklandığı: süresi dolanlar, imha listeleri, saklama sınıfları. Listeler yalnız sayfada onaylanır, burada değil"),
    ("retention list", "İmha listeleri; --due ile imha edilebilecek olanlar"),
    ("retention show", "Bir imha listesi: her kaydı ve özetinin üzerinden alındığı satırlar"),
    ("retention propose", "Süresi dolan her şeyden bir imha listesi yapar. Üç başka kişinin sayfada onaylaması gerekir; sayfada önerilene iki"),
    ("retention withdraw", "Uygulanmamış bir listeyi geri çeker"),
    ("retention execute", "Yeterince başka kişinin onayladığı listedeki içerikleri imha eder. Geri alınamaz"),
    ("retention class", "Bir kayda saklama sınıfı verir; --rules ile yeniden kurallara bırakır"),
    ("hold", "Hukukî bekletme: sınıfı ne derse desin saklanması gereken kayıt"),
    ("hold set", "Bir kayda hukukî bekletme koyar"),
    ("hold release", "Bir kaydın bir bekletmesini kaldırır"),
    ("loss", "Bulunan kayıplar (zıya), süreleriyle"),
    ("loss list", "Bütün kayıplar, açık olanlar önce. Biri açıkken çıkış kodu 10"),
    ("loss show", "Bir kayıp, her yeriyle"),
    ("loss close", "Bir kayıp için ne yapıldığını yazar; uyarıları biter"),
    ("index", "Yeniden kurulabilir dizin"),
    ("index rebuild", "Dizini atar ve günlükten yeniden kurar"),
    (
        "backup",
        "Depoyu bir klasöre kopyalar, hizmet çalışırken de; aynı klasöre ikinci kez yenileri ekler ve eskilerin bir bölümünü yeniden okur. \
         Defterde adı geçen bir şey yok ya da bozuksa kayıtlarını söyler, 20 ile biter. Bir yedeğin tümünü denetlemek için: \
         `kep-gateway --store KLASÖR journal verify`",
    ),
    (
        "restore",
        "Bir yedekten, her baytı denetleyerek, boş bir depo kurar; orada bozuk ya da eksik olanı söyler, gerisini kurar, 20 ile biter",
    ),
    ("alerts", "Kime ne söylendiği"),
    ("alerts list", "Bekleyen ve söylenmiş uyarılar"),
    ("alerts test", "Yapılandırılmış her alıcıya şimdi bir sınama iletisi gönderir"),
    ("papers", "Dosya olarak çıktılar: bir dönemin defteri, delil dökümü, ağ geçidi olmadan denetlenebilen dava dosyası"),
    ("papers register", "Bir dönemin evrak kayıt defteri: sayfa özetli PDF/A, XLSX ya da hiçbir hesap tablosunun çalıştırmayacağı CSV"),
    ("papers evidence", "Bir belgenin delil dökümü, PDF/A"),
    ("papers check", "Bir dava dosyasını kendi özet listesiyle ve bu deponun günlüğüyle karşılaştırır. Fark varsa çıkış kodu 20"),
    ("papers case", "Bir belgenin dava dosyası: her baytı, özetleri ve yalnız openssl ile nasıl denetleneceği tek ZIP içinde"),
    ("checklist", "Başvuru dosyaları: hangi belgeler var, hangileri eksik, kim imzalamış"),
    ("checklist list", "Bütün başvuru dosyaları; en yenisi önce. Eksik ya da kesinleşmemiş varsa çıkış kodu 10, hatalı varsa 20"),
    ("checklist show", "Bir dosya: belgeleri, eksikleri ve hataları, süreleri ve gönderilmeye hazır yanıt. Çıkış kodları 'list' gibi"),
    ("checklist check", "Kontrol listesi yazanlar için deneme: bir dosyadaki iletiyi değerlendirir. Hiçbir şey kaydetmez ve indirmez. Çıkış kodları 'list' gibi"),
    ("people", "Sayfaya kimler girebilir"),
    ("people add", "Yerel bir hesap açar. Önce düzeyi 4 olan bir yönetici (administrator) açın"),
    ("people list", "Hesabı olan herkes"),
    ("people disable", "Bu hesapla artık girilemez, oturumları biter; yaptıkları kayıtta kalır"),
    ("people passwd", "Yerel bir hesaba yeni parola verir; oturumları biter"),
    ("people token", "API üzerinden soran programlar: kurumun belge yönetim sistemi (EBYS), bir izleme sistemi"),
    ("people token add", "Bir anahtar üretir ve gizini bir kez gösterir. Yalnız özeti saklanır"),
    ("people token list", "Bütün anahtarlar: neye yetkili oldukları ve en son ne zaman kullanıldıkları"),
    ("people token revoke", "Anahtar bundan sonra hiçbir şeyi açmaz; onunla yapılanlar kayıtta kalır"),
    ("people totp-reset", "Aygıtı kaybolan bir hesaptan tek kullanımlık kodları kaldırır"),
    ("routing", "Yönlendirme kuralları"),
    ("routing explain", "Bir kayıt için hangi kural uyar, hangisi uymaz ve neden. Hiçbir şeyi değiştirmez"),
    ("heartbeat", "Yaşam işaretini okur, hizmet ölmüşse alarm verir; systemd zamanlayıcısı için. 0 yaşıyor; 10 ölü ve haber verildi; 1 ölü ve kimse duymadı"),
    ("config", "Yapılandırma"),
    ("config check", "Dosyayı ve andığı her şeyi okur, yanlış olanı söyler"),
    ("config show", "Her ayar, sınırlarla birlikte, değeriyle. Sırlar dosyalardadır ve gösterilmez"),
];

#[rustfmt::skip] // a table: one argument after another
const ARGUMENTS: &[(&str, &str)] = &[
    ("help", "Yardımı gösterir"),
    ("version", "Sürümü gösterir"),
    ("config", "Yapılandırma dosyası. Verilmezse: varsa /etc/kep-gateway/kep-gateway.toml, yoksa varsayılanlar"),
    ("lang", "Yazılanların dili (tr | en); yapılandırmadan önce gelir. Hiçbiri söylemezse Türkçe"),
    ("store", "Depo (dizin, günlük, dosyalar); yapılandırmadan önce gelir"),
    ("json", "Tablo yerine tek bir JSON belgesi yazar"),
    ("from", "İlk gün, 2026-11-22 gibi"),
    ("to", "Son gün, 2026-11-22 gibi"),
    ("number", "Kayıt numarası, 2026/000001 gibi"),
    ("poll mailbox", "Yalnız bu kutu; birden çok kez verilebilir. Sunucusunun reddettiği kimlik bilgileri o zaman bir kez daha denenir"),
    ("mailboxes login name", "Kutunun yapılandırmadaki adı"),
    ("mailboxes login otp", "SMS ile gelen kodla"),
    ("import paths", "Dosyalar, Maildir klasörleri, mbox dosyaları ya da bunların klasörleri. Önce alınmış olan ikinci kez kaydedilmez"),
    ("demo once", "Yazar ve biter; sayfayı açmaz"),
    ("import any", "Burada adıyla verilen bir dosyayı, ileti, paket, delil ya da imzalı dosya olmasa da alır"),
    ("papers register format", "Biçim: pdf | xlsx | csv"),
    ("papers register no_bom", "Excel'in istediği bayt sırası işareti olmadan CSV"),
    ("papers register file", "Dosya, ya da kendi adıyla içine konacağı klasör. Verilmezse kendi adıyla buraya. Yalnız sahibi okuyabilir"),
    ("papers register force", "Oradaki dosyanın yerine geçer"),
    ("papers evidence file", "Dosya, ya da kendi adıyla içine konacağı klasör. Verilmezse kendi adıyla buraya. Yalnız sahibi okuyabilir"),
    ("papers evidence force", "Oradaki dosyanın yerine geçer"),
    ("papers case file", "Dosya, ya da kendi adıyla içine konacağı klasör. Verilmezse kendi adıyla buraya. Yalnız sahibi okuyabilir"),
    ("papers case force", "Oradaki dosyanın yerine geçer"),
    ("papers check file", "`papers case` komutunun yaptığı ZIP"),
    ("checklist check file", "Bir ileti (.eml) ya da paket"),
    ("checklist check checklist", "Koşulları tutsun tutmasın bu kontrol listesi. Verilmezse: yapılandırmada uyan ilk liste"),
    ("people add login", "Küçük harfler, rakamlar ve . _ - @"),
    ("people add name", "Başkalarının okuduğu ad"),
    ("people add role", "Görevi: clerk | supervisor | auditor | administrator"),
    ("people add mailbox", "Yalnız bu kutu; birden çok kez verilebilir. Verilmezse hepsi"),
    ("people add unit", "Yalnız bu birim; birden çok kez verilebilir. Verilmezse hepsi"),
    ("people add clearance", "Bu kişi için var olan belgelerin en yüksek gizlilik düzeyi: 0 açık, 4 çok gizli"),
    ("people token add name", "Küçük harfler, rakamlar ve . _ - @; bir ad ikinci kez verilmez"),
    ("people token add scope", "Neye yetkili: read (okuma), transfer (EBYS'ye aktarma), assign (havale), metrics (ölçümler), admin (iletim günlüğü); virgülle birden çok"),
    ("people token add mailbox", "Yalnız bu kutu; birden çok kez verilebilir. Verilmezse hepsi"),
    ("people token add unit", "Yalnız bu birim; birden çok kez verilebilir. Verilmezse hepsi"),
    ("people token add clearance", "Bu program için var olan belgelerin en yüksek gizlilik düzeyi: 0 açık, 4 çok gizli"),
    ("people token add until", "Geçerli olduğu son gün, 2026-11-22 gibi. Verilmezse iptal edilene kadar"),
    ("people token revoke name", "Anahtarın adı"),
    ("people disable login", "Hesabın giriş adı"),
    ("people disable undo", "Yeniden girmesine izin verir"),
    ("people passwd login", "Hesabın giriş adı"),
    ("people totp-reset login", "Hesabın giriş adı"),
    ("people add password_file", "İlk satırı paroladır. Verilmezse uçbirimde sorulur"),
    ("people add generate", "Bir parola üretir ve bir kez gösterir. Uçbirim yoksa öntanımlı budur"),
    ("people passwd password_file", "İlk satırı paroladır. Verilmezse uçbirimde sorulur"),
    ("people passwd generate", "Bir parola üretir ve bir kez gösterir. Uçbirim yoksa öntanımlı budur"),
    ("verify json", "Satırlar yerine tek bir JSON belgesi yazar"),
    ("verify detail", "Her imza için denetimlerin tablosunu gösterir"),
    ("verify full", "Sonucun dayandığı her şeyi EN 319 102-1 bloklarıyla gösterir; --json ile ayrı bir 'full' anahtarında"),
    ("verify offline", "Ağdan hiçbir şey almaz"),
    ("verify trust", "Yapılandırılmış kökler yerine bunlar: PEM ya da DER; nes, muhur, kephs, tsa alt klasörleri neye güvenildiğini daraltır"),
    ("verify intermediates", "İmzaların taşımadığı ara sertifikalar"),
    ("verify revocation", "DER biçiminde SİL'ler ve OCSP yanıtları"),
    ("verify at", "Doğrulama zamanı, 2026-11-22T12:00:00Z gibi. Verilmezse: şimdi"),
    ("verify content", "Ayrık bir imzanın içeriği"),
    ("verify pkcs12", "Şifreli olanı açan anahtarın PKCS#12 dosyası. Verilmezse: yapılandırılmış anahtarlar"),
    ("verify password_file", "İlk satırında PKCS#12 dosyasının parolası bulunan dosya"),
    ("verify files", ".eyp .eyps .eypg .eml .p7s .p7m .imz .pdf .xml; tür adından değil içeriğinden anlaşılır"),
    ("unpack file", "Bir ileti ya da paket; tür adından değil içeriğinden anlaşılır"),
    ("unpack pkcs12", "Şifreli olanı açan anahtarın PKCS#12 dosyası. Verilmezse: yapılandırılmış anahtarlar"),
    ("unpack password_file", "İlk satırında PKCS#12 dosyasının parolası bulunan dosya"),
    ("unpack to", "Klasör; yoksa oluşturulur. İçindeki hiçbir şeyin üzerine yazılmaz"),
    ("documents show opened_by", "Bu kişinin belgeyi açtığını kaydeder: günlük görevin kanıtı ve alarmının sonu"),
    ("documents retry numbers", "Kayıt numaraları, 2026/000001 gibi"),
    ("documents retry by", "İsteyen kişi; önceki sonucun yanında durur"),
    ("documents retry json", "Satırlar yerine tek bir JSON belgesi yazar"),
    ("documents export json", "Şimdilik tek biçim JSON'dur; bu seçenek betikleri açık kılar"),
    ("import sent", "Bunları kurum gönderdi: giden olarak kaydedilir, delilleri alıcı alıcı izlenir"),
    ("evidence list sent", "Bunun yerine gönderilen iletiler: her alıcıda nereye vardığı; gecikmiş deliller işaretlidir"),
    ("evidence list orphans", "Yalnız hiçbir iletiye bağlanamayan deliller"),
    ("evidence show what", "Kayıt numarası (2026/000001), Message-ID ya da bir delilin SHA-256 değeri ya da başı"),
    ("trust diff path", "PEM, DER, Kamu SM'nin SertifikaDeposu.xml ya da .svt dosyası, ya da bunların klasörü (nes, muhur, kephs, tsa alt klasörleri amacı, kephs/hs01.kep.tr kimin olduğunu da söyler)"),
    ("trust import path", "PEM, DER, Kamu SM'nin SertifikaDeposu.xml ya da .svt dosyası, ya da bunların klasörü (nes, muhur, kephs, tsa alt klasörleri amacı, kephs/hs01.kep.tr kimin olduğunu da söyler)"),
    ("purpose", "Kaynak ya da pin söylemiyorsa hangi amaçla güvenileceği, ya da daraltılması; birden çok kez verilebilir"),
    ("provider", "--purpose kephs ile: sertifikanın hangi KEP sağlayıcısının olduğu, hs01.kep.tr gibi"),
    ("trust import yes", "Evet, bu SHA-256 değerindeki sertifikaya güvenilsin; birden çok kez verilebilir. Sağlayıcının yayımladığıyla karşılaştırın"),
    ("retention list due", "Listeler yerine süresi dolanlar"),
    ("retention class class", "Sınıfın adı"),
    ("retention class rules", "Yapılandırmadaki kurallar yeniden geçerli olur"),
    ("hold release hold", "Birden çok bekletme varsa hangisi; numaralarını 'documents show --json' söyler"),
    ("list", "Listenin numarası"),
    ("reason", "Gerekçe: neden; dava, soruşturma ya da karar"),
    ("by", "Adına yapıldığı kişinin hesabı (giriş adı)"),
    ("id", "'loss list' çıktısındaki adı"),
    ("loss close done", "restored: yedekten geri konuldu; notified: mahkemeye ya da kuruma bildirildi"),
    ("loss close note", "Ne yapıldığı; karar ya da yazının numarasıyla"),
    ("backup dir", "Yedeğin klasörü; yoksa oluşturulur. Başka bir makinede tutun"),
    ("restore dir", "Yedeğin klasörü"),
    ("heartbeat quiet", "Yalnız bakar ve çıkış koduyla söyler; kimseye haber vermez"),
];
