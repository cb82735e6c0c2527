//! From marks on pages to the bytes of a PDF.

use std::collections::HashMap;

use chrono::{Datelike, Timelike};
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use parley::layout::Line;

use crate::pages::{FOOT, HEIGHT, INNER, MARGIN, Mark, Page, WIDTH};
use crate::text::{SMALL, Words};
use crate::{Paper, Unwritable};

/// Nearly black, and a grey that is still easy to read.
const INK: [u8; 3] = [24, 24, 27];
const PALE: [u8; 3] = [96, 96, 104];

/// Fonts by the number that the typesetter gave to their file, and their place in it.
type Fonts = HashMap<(u64, u32), Font>;

pub(crate) fn document(paper: &Paper, pages: &[Page]) -> Result<Vec<u8>, Unwritable> {
    let mut document = Document::new();
    document.set_metadata(metadata(paper));
    let mut fonts = Fonts::new();
    let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| Unwritable("A4".into()))?;
    for (number, marks) in (1..).zip(pages) {
        let mut page = document.start_page_with(size.clone());
        let mut surface = page.surface();
        for mark in marks {
            match mark {
                Mark::Text { x, y, words } => draw(&mut surface, &mut fonts, *x, *y, words)?,
                Mark::Rule { y } => rule(&mut surface, *y),
            }
        }
        foot(&mut surface, &mut fonts, paper, number, pages.len())?;
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| Unwritable(format!("{error:?}")))
}

fn metadata(paper: &Paper) -> Metadata {
    let at = paper.made_at;
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let created = DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(paper.title.clone())
        .authors(vec![paper.from.clone()])
        .language("en".into())
        .creation_date(created)
}

/// When it was made, and which of how many pages this is.
fn foot(
    surface: &mut Surface<'_>,
    fonts: &mut Fonts,
    paper: &Paper,
    number: usize,
    of: usize,
) -> Result<(), Unwritable> {
    let made = format!("{}, made on {}", paper.title, paper.made_at.format("%-d %B %Y at %H:%M UTC"));
    let y = FOOT + 16.0;
    draw(surface, fonts, MARGIN, y, &Words::set(&made, SMALL, INNER - 80.0))?;
    let page = Words::set(&format!("Page {number} of {of}"), SMALL.to_the_right(), 80.0);
    draw(surface, fonts, MARGIN + INNER - 80.0, y, &page)
}

fn rule(surface: &mut Surface<'_>, y: f32) {
    let mut path = PathBuilder::new();
    path.move_to(MARGIN, y);
    path.line_to(MARGIN + INNER, y);
    if let Some(path) = path.finish() {
        surface.set_fill(None);
        surface.set_stroke(Some(Stroke { paint: colour(PALE).into(), width: 0.5, ..Stroke::default() }));
        surface.draw_path(&path);
        surface.set_stroke(None);
    }
}

fn colour([red, green, blue]: [u8; 3]) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

fn draw(
    surface: &mut Surface<'_>,
    fonts: &mut Fonts,
    x: f32,
    y: f32,
    words: &Words,
) -> Result<(), Unwritable> {
    let ink = if words.style.pale { PALE } else { INK };
    surface.set_fill(Some(Fill {
        paint: colour(ink).into(),
        opacity: NormalizedF32::ONE,
        ..Fill::default()
    }));
    for line in words.layout.lines() {
        draw_line(surface, fonts, Point::from_xy(x, y), &line, &words.text)?;
    }
    Ok(())
}

/// A line is made of runs, each in one font.
fn draw_line(
    surface: &mut Surface<'_>,
    fonts: &mut Fonts,
    at: Point,
    line: &Line<'_, ()>,
    text: &str,
) -> Result<(), Unwritable> {
    let mut start = Point::from_xy(at.x + line.metrics().offset, at.y + line.metrics().baseline);
    for run in line.runs() {
        let font = font(fonts, run.font())?;
        let size = run.font_size();
        let mut glyphs: Vec<KrillaGlyph> = Vec::new();
        // Of a ligature that is written from right to left its end comes first.
        let mut ends_at = None;
        for cluster in run.visual_clusters() {
            let mut letters = cluster.text_range();
            if cluster.is_ligature_continuation() {
                match glyphs.last_mut() {
                    Some(ligature) if !run.is_rtl() => ligature.text_range.end = letters.end,
                    _ => ends_at = ends_at.or(Some(letters.end)),
                }
                continue;
            }
            letters.end = ends_at.take().unwrap_or(letters.end);
            glyphs.extend(cluster.glyphs().map(|glyph| {
                let (id, letters) = (GlyphId::new(glyph.id), letters.clone());
                // In parts of the font's size.
                let [advance, right, up] = [glyph.advance, glyph.x, glyph.y].map(|length| length / size);
                KrillaGlyph::new(id, advance, right, up, 0.0, letters, None)
            }));
        }
        let width: f32 = glyphs.iter().map(|glyph| glyph.x_advance * size).sum();
        surface.draw_glyphs(start, &glyphs, font, text, size, false);
        start.x += width;
    }
    Ok(())
}

fn font(fonts: &mut Fonts, data: &parley::FontData) -> Result<Font, Unwritable> {
    let (bytes, file) = data.data.clone().into_raw_parts();
    let id = (file, data.index);
    if let Some(font) = fonts.get(&id) {
        return Ok(font.clone());
    }
    let font =
        Font::new(bytes.into(), data.index).ok_or_else(|| Unwritable("a font that cannot be read".into()))?;
    fonts.insert(id, font.clone());
    Ok(font)
}
