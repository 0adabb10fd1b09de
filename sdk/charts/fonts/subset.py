"""Cuts Inter down to what charts need: `python subset.py Inter-Regular.otf inter-regular.otf`."""
import sys
from fontTools import subset
from fontTools.ttLib import TTFont

RANGES = [
    (0x20, 0x7E), (0xA0, 0x17F),            # Latin, Latin-1, Extended-A
    (0x192, 0x192), (0x218, 0x21B), (0x1E9E, 0x1E9E),
    (0x2C6, 0x2DD),
    (0x386, 0x3CE),                          # Greek
    (0x400, 0x45F), (0x490, 0x491),          # Cyrillic
    (0x2010, 0x203A), (0x2044, 0x2044), (0x2070, 0x209C),
    (0x20A0, 0x20C0),                        # currencies
    (0x2116, 0x2116), (0x2122, 0x2122), (0x2126, 0x2126),
    (0x2190, 0x2199),                        # arrows
    (0x2200, 0x2265),                        # minus, infinity, ≈ ≠ ≤ ≥
    (0x25A0, 0x25CF), (0x2713, 0x2717),
]
source, target = sys.argv[1:]
font = TTFont(source)
# Charts line numbers up in columns: digits of one width take the place of the proportional ones.
best = dict(font.getBestCmap())
figures = {}
gsub = font["GSUB"].table
for record in gsub.FeatureList.FeatureRecord:
    if record.FeatureTag == "tnum":
        for index in record.Feature.LookupListIndex:
            for sub in gsub.LookupList.Lookup[index].SubTable:
                sub = getattr(sub, "ExtSubTable", sub)
                figures.update(getattr(sub, "mapping", {}))
for table in font["cmap"].tables:
    if table.isUnicode():
        for digit in range(0x30, 0x3A):
            table.cmap[digit] = figures.get(best[digit], best[digit])

options = subset.Options()
options.layout_features = []
options.hinting = False
options.drop_tables += ["GSUB", "GPOS", "GDEF", "DSIG", "STAT", "BASE", "GlyphOrder"]
options.name_IDs = [0, 1, 2, 13, 14]
options.notdef_outline = True
options.glyph_names = False
picker = subset.Subsetter(options)
picker.populate(unicodes=[c for low, high in RANGES for c in range(low, high + 1)])
picker.subset(font)
font.save(target)
