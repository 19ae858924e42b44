pub async fn run(_l: crate::text::Lang, _s: Option<std::path::PathBuf>) -> Result<crate::cli::Exit, String> { Ok(crate::cli::Exit::Done) }
