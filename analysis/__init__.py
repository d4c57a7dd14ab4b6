"""Arrays in, results out: the estimators of Rapport. Knows no database, no web and no clock."""
