"""WeChat's official account: who the visitor of a page inside WeChat is."""
