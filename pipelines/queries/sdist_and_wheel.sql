-- What a wheel has that its source distribution has not: every file of code in the wheels of a release whose content is in no member of
-- the release's source distribution, and whether a file of the same path is there with other content.
--   project: the normalized name
--   version: the version, as in 1.0
WITH files AS (
    SELECT DISTINCT a.artifact_id, a.filename, a.packagetype
    FROM artifacts AS a
    WHERE a.project = $project AND a.version = $version
),
held AS (
    SELECT f.filename, f.packagetype, m.path, m.role, m.format, m.size, m.sha256
    FROM files AS f
    JOIN members AS m ON m.artifact_id = f.artifact_id
    LEFT JOIN superseded AS s ON s.artifact_id = m.artifact_id AND s.extractor = m.extractor
    WHERE s.artifact_id IS NULL
),
source AS (SELECT path, sha256 FROM held WHERE packagetype = 'sdist'),
-- A path of a source distribution without its top directory, and without `src/` below that, is where the file is installed.
places AS (
    SELECT DISTINCT substr(path, strpos(path, '/') + 1) AS place FROM source
    UNION
    SELECT DISTINCT substr(path, strpos(path, '/') + 5) AS place FROM source WHERE path LIKE '%/src/%'
)
SELECT w.filename, w.path, w.format, w.size, CASE WHEN p.place IS NULL THEN 'added' ELSE 'changed' END AS difference
FROM held AS w
LEFT JOIN (SELECT DISTINCT sha256 FROM source) AS s ON s.sha256 = w.sha256
LEFT JOIN places AS p ON p.place = w.path
WHERE w.packagetype = 'bdist_wheel' AND s.sha256 IS NULL AND w.role <> 1 AND w.format IN ('python', 'pth', 'shell', 'javascript', 'powershell', 'batch')
    AND EXISTS (SELECT 1 FROM source)
ORDER BY w.filename, w.path
