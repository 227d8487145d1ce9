"""The composition root and the read models that screens and APIs are fed with."""
