-- The denominators of each tier. population = absent + not eligible + eligible; eligible = scanned + not scanned.
--   in:  placed
--   out: tier, population, absent, eligible, scanned, partly
SELECT
    tier,
    count(*) AS population,
    sum(absent) AS absent,
    sum(eligible) AS eligible,
    sum(scanned) AS scanned,
    sum(partly) AS partly
FROM placed
GROUP BY tier
