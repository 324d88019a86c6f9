-- Who has a file with this hash: the artifacts that carry it, and under which path.
--   sha256: of the file, in hexadecimal digits
SELECT a.project, a.version, a.filename, m.path, m.format, m.size
FROM (SELECT artifact_id, extractor, path, format, size FROM members WHERE sha256 = $sha256) AS m
JOIN (SELECT DISTINCT artifact_id, project, version, filename FROM artifacts) AS a ON a.artifact_id = m.artifact_id
LEFT JOIN superseded AS s ON s.artifact_id = m.artifact_id AND s.extractor = m.extractor
WHERE s.artifact_id IS NULL
ORDER BY a.project, a.version, a.filename, m.path
