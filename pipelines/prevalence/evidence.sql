-- Every fact that shows a rule, in words; for a few artifacts.
--   in:  hit, raised, declared, terms, urls, members
--   out: rule, artifact_id, counts, phase, role, how, kind, value, tld, path, line, count
SELECT
    h.rule, h.artifact_id, h.counts, h.phase, h.role, h.how, t.kind, t.value, u.tld, m.path, h.line, h."count"
FROM (SELECT * FROM hit UNION ALL SELECT * FROM raised) AS h
JOIN terms AS t ON t.term_id = h.term_id
JOIN members AS m ON m.artifact_id = h.artifact_id AND m.member = h.member
LEFT JOIN urls AS u ON u.term_id = h.term_id
UNION ALL
SELECT
    d.rule, d.artifact_id, CAST(1 AS BIGINT) AS counts, CAST(6 AS TINYINT) AS phase, CAST(0 AS TINYINT) AS role, CAST(0 AS TINYINT) AS how,
    'meta' AS kind, 'metadata' AS value, NULL AS tld, m.path, 0 AS line, 1 AS "count"
FROM declared AS d
JOIN members AS m ON m.artifact_id = d.artifact_id
JOIN (
    SELECT artifact_id, min(member) AS member FROM members WHERE format = 'metadata' GROUP BY artifact_id
) AS f ON f.artifact_id = m.artifact_id AND f.member = m.member
ORDER BY rule, counts DESC, phase, how, role, path, line, kind, value
