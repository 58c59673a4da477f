//! Terms of texts, alike in every script: words where they are set apart,
//! else pairs of characters.

use std::{collections::BTreeSet, ops::Range};
use unicode_normalization::UnicodeNormalization as _;
use unicode_script::{Script, UnicodeScript as _};
use unicode_segmentation::UnicodeSegmentation as _;

/// Most terms of one text: more than 4 KiB of any language have. Only of text
/// made to have more, what comes after them is not found.
const MAX_TERMS: usize = 4_096;
/// Most bytes of a term, for the index: longer words are told apart by their
/// beginnings.
const MAX_TERM_BYTES: usize = 64;

/// The terms by which a text is found: its words in lower case; of Chinese,
/// Japanese and Korean, which do not set words apart or join endings to them,
/// each character and each two neighbours.
#[must_use]
pub fn text_terms(text: &str) -> BTreeSet<String> {
    terms(text, |_| true)
}

/// The terms that a text has to have, all of them, to be found by this one: as
/// [`text_terms`], but a single character only where it stands alone.
#[must_use]
pub fn query_terms(text: &str) -> BTreeSet<String> {
    terms(text, |characters| characters == 1)
}

/// `singles`: whether a run of so many characters has each of them as a term.
fn terms(text: &str, singles: impl Fn(usize) -> bool) -> BTreeSet<String> {
    // Full and half width, composed and decomposed letters are the same words.
    let text = text.nfkc().collect::<String>().to_lowercase();
    let mut terms = BTreeSet::new();
    let mut enter = |term: &str| {
        if terms.len() < MAX_TERMS {
            terms.insert(beginning(term).to_owned());
        }
    };
    for (piece, is_run) in pieces(&text) {
        // Pieces begin and end between characters.
        let Some(piece) = text.get(piece) else { continue };
        if !is_run {
            enter(piece);
            continue;
        }
        let starts: Vec<usize> = piece.char_indices().map(|(at, _)| at).chain([piece.len()]).collect();
        let mut enter_each = |characters: usize| {
            for ends in starts.windows(characters.saturating_add(1)) {
                if let [first, .., last] = ends {
                    enter(piece.get(*first..*last).unwrap_or_default());
                }
            }
        };
        enter_each(2);
        if singles(starts.len().saturating_sub(1)) {
            enter_each(1);
        }
    }
    terms
}

/// Words (Unicode Standard Annex 29), and runs of characters that are written
/// without spaces between words, `true` with them.
fn pieces(text: &str) -> Vec<(Range<usize>, bool)> {
    let mut pieces: Vec<(Range<usize>, bool)> = Vec::new();
    for (at, word) in text.unicode_word_indices() {
        for (offset, character) in word.char_indices() {
            let start = at.saturating_add(offset);
            let end = start.saturating_add(character.len_utf8());
            let in_run = is_of_run(character);
            match pieces.last_mut() {
                // A run goes over what the annex takes for words: to it, each
                // ideograph is one.
                Some((piece, is_run)) if piece.end == start && *is_run == in_run && (in_run || offset > 0) => {
                    piece.end = end;
                }
                _ => pieces.push((start..end, in_run)),
            }
        }
    }
    pieces
}

fn is_of_run(character: char) -> bool {
    // The mark of a long vowel belongs to both kinds of kana.
    let scripts = [Script::Han, Script::Hangul, Script::Hiragana, Script::Katakana, Script::Bopomofo];
    character == 'ー' || scripts.contains(&character.script())
}

fn beginning(term: &str) -> &str {
    let fits = |end: &usize| *end <= MAX_TERM_BYTES;
    let ends = term.char_indices().map(|(at, character)| at.saturating_add(character.len_utf8()));
    term.get(..ends.take_while(fits).last().unwrap_or(0)).unwrap_or(term)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(terms: BTreeSet<String>) -> Vec<String> {
        terms.into_iter().collect()
    }

    #[test]
    fn words_are_lower_case_and_without_signs() {
        assert_eq!(list(text_terms("Fresh COFFEE, fresh beans!")), ["beans", "coffee", "fresh"]);
        assert_eq!(list(query_terms("Straße 12")), ["12", "straße"]);
        assert!(text_terms("?! … 。、").is_empty());
    }

    #[test]
    fn chinese_japanese_and_korean_go_by_pairs() {
        assert_eq!(list(query_terms("咖啡店")), ["咖啡", "啡店"]);
        assert_eq!(list(query_terms("茶")), ["茶"]);
        assert_eq!(list(query_terms("커피를 마셔요")), ["마셔", "셔요", "커피", "피를"]);
        assert_eq!(list(query_terms("コーヒー")), ["コー", "ヒー", "ーヒ"]);
        assert_eq!(list(text_terms("奶茶")), ["奶", "奶茶", "茶"]);
    }

    #[test]
    fn scripts_that_meet_are_taken_apart() {
        assert_eq!(list(query_terms("买2杯Latte送1杯")), ["1", "2", "latte", "买", "杯", "送"]);
        assert_eq!(list(query_terms("咖啡,茶叶")), ["咖啡", "茶叶"], "no pair goes over a comma");
    }

    #[test]
    fn the_same_word_in_other_code_points_is_the_same_term() {
        // Full width, decomposed accents, decomposed Korean, half-width kana.
        for (one, other) in
            [("ＣＯＦＦＥＥ", "coffee"), ("cafe\u{301}", "café"), ("\u{110e}\u{1161}", "차"), ("ｶﾞｽ", "ガス")]
        {
            assert_eq!(query_terms(one), query_terms(other), "{one}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_found_by_itself_and_by_each_of_its_lines(lines in prop::collection::vec(any::<String>(), 1..4)) {
            let text = lines.join("\n");
            let found_by = text_terms(&text);
            for query in lines.iter().chain([&text]) {
                prop_assert!(query_terms(query).is_subset(&found_by), "{query:?}");
            }
        }

        #[test]
        fn terms_are_bounded(text in "(?s).{0,6000}") {
            let terms = text_terms(&text);
            prop_assert!(terms.len() <= MAX_TERMS);
            prop_assert!(terms.iter().all(|term| !term.is_empty() && term.len() <= MAX_TERM_BYTES));
        }

        #[test]
        fn four_kibibytes_have_no_more_terms_than_are_kept(text in "[\u{4e00}-\u{9fff}]{1365}") {
            prop_assert!(text_terms(&text).len() < MAX_TERMS);
        }
    }
}
