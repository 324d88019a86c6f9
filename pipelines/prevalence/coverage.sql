-- The denominators of each tier. population = absent + not eligible + eligible; eligible = scanned + not scanned. A tier without
-- projects has zeros.
--   in:  tier (t, tier), placed
--   out: t, tier, population, absent, eligible, scanned, partly
SELECT
    t.t, t.tier,
    count(p.tier) AS population,
    coalesce(sum(p.absent), 0) AS absent,
    coalesce(sum(p.eligible), 0) AS eligible,
    coalesce(sum(p.scanned), 0) AS scanned,
    coalesce(sum(p.partly), 0) AS partly
FROM tier AS t
LEFT JOIN placed AS p ON p.t = t.t
GROUP BY t.t, t.tier
