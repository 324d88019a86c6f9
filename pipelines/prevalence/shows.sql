-- Which project shows which rule in the files that speak for it, where it counts by default: as found now, and as found before.
--   in:  findings, found, voice, rule (n, rule), catalog (catalog)
--   out: project_id, n (distinct)
SELECT DISTINCT v.project_id, f.n
FROM (
    SELECT r.n, o.artifact_id, o.extractor
    FROM findings AS o
    JOIN catalog AS c ON c.catalog = o.catalog
    JOIN rule AS r ON r.rule = o.rule
    WHERE o.counts
    UNION ALL
    SELECT n, artifact_id, extractor FROM found WHERE place < 144115188075855872
) AS f
JOIN voice AS v ON v.artifact_id = f.artifact_id AND v.extractor = f.extractor
