-- Every fact that shows a rule, in words; for a few artifacts.
--   in:  hit, raised, declared, rule (n, rule), terms, urls, members
--   out: rule, artifact_id, counts, phase, role, how, kind, value, tld, path, line, count
SELECT
    r.rule, h.artifact_id,
    CASE WHEN h.place < 144115188075855872 THEN 1 ELSE 0 END AS counts,
    CAST((h.place >> 54) & 7 AS TINYINT) AS phase,
    CAST((h.place >> 47) & 15 AS TINYINT) AS role,
    CAST((h.place >> 51) & 7 AS TINYINT) AS how,
    coalesce(t.kind, 'meta') AS kind,
    coalesce(t.value, 'metadata') AS value,
    u.tld, m.path,
    CAST(h.place & 536870911 AS INT) AS line,
    h."count"
FROM (
    SELECT n, artifact_id, extractor, term_id, place, "count" FROM hit
    UNION ALL
    SELECT n, artifact_id, extractor, term_id, place, "count" FROM raised
    UNION ALL
    SELECT n, artifact_id, extractor, term_id, place, "count" FROM declared
) AS h
JOIN rule AS r ON r.n = h.n
JOIN members AS m ON m.artifact_id = h.artifact_id AND m.extractor = h.extractor AND m.member = ((h.place >> 29) & 262143)
LEFT JOIN terms AS t ON t.term_id = h.term_id
LEFT JOIN urls AS u ON u.term_id = h.term_id
ORDER BY rule, counts DESC, phase, how, role, path, line, kind, value
