-- Those of them that the current catalog has not classified yet. One that shows nothing leaves no row and is looked at again.
--   in:  speaking, findings, catalog (catalog)
--   out: artifact_id, extractor
SELECT s.artifact_id, s.extractor
FROM speaking AS s
LEFT JOIN (
    SELECT DISTINCT f.artifact_id, f.extractor FROM findings AS f JOIN catalog AS c ON c.catalog = f.catalog
) AS d ON d.artifact_id = s.artifact_id AND d.extractor = s.extractor
WHERE d.artifact_id IS NULL
