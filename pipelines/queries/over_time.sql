-- Prevalence over time: how many of those scanned show a rule, run by run (policy `installed`), and the catalog behind each number.
--   rule: as in execution/create-process
SELECT
    r.as_of,
    p.tier,
    p.yes,
    p.unknown,
    p.scanned,
    round(100.0 * p.yes / p.scanned, 3) AS percent,
    p.label,
    r.catalog,
    r.extractor
FROM prevalence AS p
JOIN runs AS r ON r.run_id = p.run_id
WHERE p.rule = $rule AND r.policy = 'installed' AND r.unit = 'project'
ORDER BY r.as_of, p.run_id, p.tier
