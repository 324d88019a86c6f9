-- Who has a file with this hash: the artifacts that carry it, and under which path.
--   sha256: of the file, in hexadecimal digits
SELECT DISTINCT a.project, a.version, a.filename, m.path, m.format, m.size
FROM (SELECT artifact_id, extractor, path, format, size FROM members WHERE sha256 = $sha256) AS m
JOIN artifacts AS a ON a.artifact_id = m.artifact_id
LEFT JOIN superseded AS s ON s.artifact_id = m.artifact_id AND s.extractor = m.extractor
WHERE s.artifact_id IS NULL
ORDER BY a.project, a.version, a.filename, m.path
