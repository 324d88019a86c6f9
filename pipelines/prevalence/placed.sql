-- Every project, or family, in each of its tiers: tiers are cumulative.
--   in:  standing, tier (t: its number, tier, cut; the whole population has no cut)
--   out: t, tier, and the columns of standing
SELECT t.t, t.tier, s.unit, s.family, s.rank, s.absent, s.eligible, s.scanned, s.partly, s.why
FROM standing AS s
CROSS JOIN tier AS t
WHERE t.cut IS NULL OR s.rank <= t.cut
